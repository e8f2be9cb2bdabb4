import { useEffect, useRef } from 'react';

/**
 * Keeps the keyboard's place when a dialog closes: the button that opened it may be gone by then, and focus would
 * fall to the top of the page. It goes to the element of the returned ref instead.
 */
export function useFocusKept(dialogOpen: boolean) {
  const element = useRef<HTMLElement>(null);
  const wasOpen = useRef(false);
  useEffect(() => {
    if (dialogOpen) {
      wasOpen.current = true;
      return undefined;
    }
    if (!wasOpen.current) {
      return undefined;
    }
    wasOpen.current = false;
    // After the dialog has put focus back where it can.
    const timer = setTimeout(() => {
      if (
        document.activeElement === null ||
        document.activeElement === document.body
      ) {
        element.current?.focus();
      }
    }, 50);
    return () => clearTimeout(timer);
  }, [dialogOpen]);
  return element;
}
