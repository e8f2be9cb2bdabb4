import '@testing-library/jest-dom';

// jsdom lays nothing out, and has no such method.
Element.prototype.scrollIntoView = jest.fn();
