import { render, waitFor } from '@testing-library/react';

describe('the app', () => {
  it('starts and offers guest sign-in', async () => {
    process.env = {
      NODE_ENV: 'test',
      APP_CONFIG: [
        {
          context: 'test',
          data: {
            app: { title: 'Test', baseUrl: 'http://localhost:3000' },
            backend: { baseUrl: 'http://localhost:7007' },
          },
        },
      ] as unknown as string,
    };
    const { app } = await import('./App');

    const { baseElement, getByText } = render(app.createRoot());

    await waitFor(() => expect(getByText('Enter')).toBeInTheDocument(), {
      timeout: 20_000,
    });
    expect(baseElement).toHaveTextContent('Guest');
  }, 30_000);
});
