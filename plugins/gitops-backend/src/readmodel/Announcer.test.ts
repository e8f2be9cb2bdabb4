import { Announcer } from './Announcer';

describe('Announcer', () => {
  let told: string[];
  let announcer: Announcer;

  beforeEach(() => {
    jest.useFakeTimers();
    told = [];
    announcer = new Announcer(channel => told.push(channel));
  });

  afterEach(() => jest.useRealTimers());

  it('tells of several changes of a service once', () => {
    announcer.announce(['demo', 'shop']);
    announcer.announce(['demo']);
    expect(told).toEqual([]);
    jest.runAllTimers();
    expect(told).toEqual(['gitops:service:demo', 'gitops:service:shop']);
  });

  it('tells again of what changes later', () => {
    announcer.announce(['demo']);
    jest.runAllTimers();
    announcer.announce(['demo']);
    jest.runAllTimers();
    expect(told).toEqual(['gitops:service:demo', 'gitops:service:demo']);
  });

  it('waits no longer however many changes come', () => {
    for (let at = 0; at < 1_000; at += 100) {
      announcer.announce(['demo']);
      jest.advanceTimersByTime(100);
    }
    expect(told.length).toBeGreaterThanOrEqual(5);
  });

  it.each([
    [20, 20],
    [21, 1],
    [1_000, 1],
  ])(
    'tells of %d services in %d messages, so that a first read does not flood the events',
    (services, messages) => {
      announcer.announce(
        Array.from({ length: services }, (_, index) => `service-${index}`),
      );
      jest.runAllTimers();
      expect(told).toHaveLength(messages);
      expect(told.includes('gitops:services')).toBe(messages === 1);
    },
  );

  it('tells of nothing never, and the rest when it is stopped', () => {
    announcer.announce([]);
    expect(jest.getTimerCount()).toBe(0);
    announcer.announce(['demo']);
    announcer.stop();
    expect(told).toEqual(['gitops:service:demo']);
    expect(jest.getTimerCount()).toBe(0);
  });
});
