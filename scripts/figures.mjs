// The benchmark's figures: for people as a table, for programs as JSON.

/** The figures of one size in the form that other programs read. */
export function figures(result) {
  const { applications, sync, floor, environments, commit, idle } = result;
  return {
    applications,
    firstSyncMs: rounded(sync.firstSyncMs),
    bytesPerApplication: bytesPerApplication(result),
    environments: environments.map(load => ({
      clients: load.clients,
      p50Ms: rounded(load.p50Ms),
      p99Ms: rounded(load.p99Ms),
      requestsPerSecond: rounded(load.requestsPerSecond),
      upstreamCalls: load.upstreamCalls,
    })),
    floor: floor.map(load => ({
      clients: load.clients,
      p50Ms: rounded(load.p50Ms),
      requestsPerSecond: rounded(load.requestsPerSecond),
    })),
    commit: { githubCalls: commit.githubCalls, ms: rounded(commit.ms) },
    event: { ms: rounded(result.event.ms) },
    idleMinute: {
      githubCalls: idle.githubCalls,
      argocdCalls: idle.argocdCalls,
    },
    promotion: { githubCalls: result.promotion.githubCalls },
  };
}

/** The figures of every size beside each other, with what is aimed for. */
export function table(results) {
  const rows = [
    ['Applications', 'aim', result => count(result.applications)],
    ['First sync', 'under 5 s', ({ sync }) => ms(sync.firstSyncMs)],
    ['Backend, start to ready', '', ({ startMs }) => ms(startMs)],
    [
      'Memory per Application',
      'under 10 kB',
      result => kB(bytesPerApplication(result)),
    ],
    ['  in use without Applications', '', ({ empty }) => MB(used(empty))],
    ['  in use with them', '', ({ memory }) => MB(used(memory))],
    ['  resident without Applications', '', ({ empty }) => MB(empty.rss)],
    ['  resident with them', '', ({ memory }) => MB(memory.rss)],
    ...results[0].environments.flatMap(({ clients }, index) =>
      loadRows(clients, index),
    ),
    [
      'Commit, one overlay: shown after',
      '',
      ({ commit }) => `${ms(commit.ms)}, by ${commit.heardBy}`,
    ],
    [
      '  calls to GitHub',
      'at most 4',
      ({ commit }) => count(commit.githubCalls),
    ],
    ['Argo CD event: shown after', '', ({ event }) => ms(event.ms)],
    ['  open page told after', 'under 1 s', ({ event }) => ms(event.signalMs)],
    ['Idle minute: calls to GitHub', '', ({ idle }) => count(idle.githubCalls)],
    ['  calls to Argo CD', '', ({ idle }) => count(idle.argocdCalls)],
    [
      'Promotion opened: calls to GitHub',
      'at most 6',
      ({ promotion }) => count(promotion.githubCalls),
    ],
    ['  takes', '', ({ promotion }) => ms(promotion.ms)],
  ];
  const [last] = results.slice(-1);
  return [
    aligned(rows.map(([what, aim, read]) => [what, aim, ...results.map(read)])),
    '',
    `Calls of a commit: ${routes(last.commit)}`,
    `Calls of a promotion: ${routes(last.promotion)}`,
    `Calls of an idle minute: ${routes(last.idle)}`,
  ].join('\n');
}

/** Where the backend's time goes under load, by package. */
export function profileTable({ applications, packages }, most = 15) {
  return [
    `Where the backend's time goes with ${count(
      applications,
    )} Applications, by package, without other packages that it calls:`,
    ...packages
      .slice(0, most)
      .map(({ name, share }) => `  ${percent(share).padStart(6)}  ${name}`),
  ].join('\n');
}

function loadRows(clients, index) {
  const what = `${clients} client${clients === 1 ? '' : 's'}`;
  const at = read => result =>
    read(result.environments[index], result.floor[index]);
  const single = clients === 1;
  return [
    [
      `Environments, ${what}: p50`,
      single ? 'under 2.5 ms' : '',
      at(load => ms(load.p50Ms)),
    ],
    ['  p99', single ? 'under 15 ms' : '', at(load => ms(load.p99Ms))],
    ['  requests/s', '', at(load => count(load.requestsPerSecond))],
    [
      '  of the floor',
      single ? '' : 'at least 0.6',
      at((load, floor) =>
        (load.requestsPerSecond / floor.requestsPerSecond).toFixed(2),
      ),
    ],
    ['  calls to upstreams', '0', at(load => count(load.upstreamCalls))],
    [
      `Floor (liveness), ${what}: p50`,
      '',
      at((_load, floor) => ms(floor.p50Ms)),
    ],
    ['  requests/s', '', at((_load, floor) => count(floor.requestsPerSecond))],
  ];
}

function bytesPerApplication({ memory, empty, applications }) {
  return Math.round((used(memory) - used(empty)) / applications);
}

function used({ heapUsed, external }) {
  return heapUsed + external;
}

function rounded(value) {
  return Math.round(value * 100) / 100;
}

function count(value) {
  return Math.round(value).toLocaleString('en-US');
}

function routes(measured) {
  return Object.entries(measured.routes)
    .map(([route, times]) => (times > 1 ? `${times} × ${route}` : route))
    .join(', ');
}

function ms(value) {
  if (value === undefined) {
    return '–';
  }
  return value >= 1_000
    ? `${(value / 1_000).toFixed(2)} s`
    : `${value.toFixed(value < 10 ? 2 : 1)} ms`;
}

function kB(bytes) {
  return `${(bytes / 1_000).toFixed(1)} kB`;
}

function MB(bytes) {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function percent(share) {
  return `${(share * 100).toFixed(1)} %`;
}

function aligned(rows) {
  const widths = rows[0].map((_, column) =>
    Math.max(...rows.map(cells => cells[column].length)),
  );
  return rows
    .map(cells =>
      cells
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
