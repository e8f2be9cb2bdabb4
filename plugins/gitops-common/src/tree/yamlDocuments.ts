import {
  Alias,
  Composer,
  CST,
  Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Node,
  Parser,
  visit,
} from 'yaml';

// More than any hand-written manifest has, and more than a list of some thousand Applications. A repository is written
// by many people; none of them may be able to keep a reader busy, fill its memory or end its process with one file.
const MAX_CHARACTERS = 256 * 1024;
const MAX_NESTING = 100;
// A level can take two places on the parser's stack: a collection's and its value's.
const MAX_OPEN = 2 * MAX_NESTING;
const MAX_EXPANDED_CHARACTERS = 1024 * 1024;
// The parser walks the document for each mapping that is merged: of a document as large as may be, a thousand.
const MAX_MERGE_WALK = 1000 * MAX_CHARACTERS;

/** A place in a file; both count from 1. @public */
export interface Position {
  line: number;
  column: number;
}

/** Why a YAML document cannot be used. */
export interface YamlProblem {
  message: string;
  position?: Position;
}

/** One document of a YAML file: all of it can be walked and expanded without harm, or it has a problem. */
export interface YamlDocument {
  document: Document.Parsed;
  problem?: YamlProblem;
  /** The node that an alias stands for; any other node itself. */
  resolve(node: Node | Alias | null | undefined): Node | undefined;
  positionOf(node: Node): Position;
}

/**
 * The documents of a YAML file, in order, each parsed when it is asked for. A file that is too large or nested too
 * deeply is a single problem instead.
 */
export function* yamlDocuments(
  text: string,
): Generator<YamlDocument | { problem: YamlProblem }> {
  if (text.length > MAX_CHARACTERS) {
    yield {
      problem: {
        message: `the file has ${text.length} characters; more than ${MAX_CHARACTERS} are not read`,
      },
    };
    return;
  }
  const lines = new LineCounter();
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    // A byte order mark is no column that an editor shows.
    const mark = line === 1 && text.startsWith('\ufeff') ? 1 : 0;
    return { line, column: Math.max(1, col - mark) };
  };
  const composer = new Composer({
    merge: true,
    prettyErrors: false,
    logLevel: 'silent',
    // Kustomize takes the last of equal keys; looking for them would also take a time that grows with their square.
    uniqueKeys: false,
  });
  // Only with an alias or a merge key is a document more than its text; most files have neither.
  const mayExpand = /\*|<</.test(text);
  const tooDeep = (offset: number) => ({
    problem: {
      message: `the file is nested deeper than ${MAX_NESTING} levels`,
      position: positionAt(offset),
    },
  });
  for (const { token, beyond } of tokens(text, lines)) {
    if (beyond !== undefined) {
      // The document before this one is complete.
      for (const document of composer.end()) {
        yield toYamlDocument(document, positionAt, mayExpand);
      }
      yield tooDeep(beyond);
      return;
    }
    for (const document of composer.next(token)) {
      yield toYamlDocument(document, positionAt, mayExpand);
    }
  }
  for (const document of composer.end()) {
    yield toYamlDocument(document, positionAt, mayExpand);
  }
}

/** A token, or where the file is nested too deeply to go on. */
type MeasuredToken =
  | { token: CST.Token; beyond?: undefined }
  | { token?: undefined; beyond: number };

// The parser recurses when it closes what is open, and the composer when it takes a token; a stack that runs out there can
// end the process. So depth is measured before, of what is open and of every token.
function* tokens(text: string, lines: LineCounter): Generator<MeasuredToken> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  let deepest = 0;
  const measured = (token: CST.Token): MeasuredToken => {
    // Mostly so little was ever open that the token need not be walked; closing can nest it by a level or two.
    const deep =
      deepest > MAX_NESTING / 2 ? tokenBeyondNesting(token) : undefined;
    return deep ? { beyond: deep.offset } : { token };
  };
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      yield measured(token);
    }
    deepest = Math.max(deepest, parser.stack.length);
    if (deepest > MAX_OPEN) {
      yield { beyond: parser.offset };
      return;
    }
  }
  for (const token of parser.end()) {
    yield measured(token);
  }
}

function tokenBeyondNesting(root: CST.Token): CST.Token | undefined {
  const open: { token: CST.Token; depth: number }[] = [
    { token: root, depth: 0 },
  ];
  for (let at = open.pop(); at; at = open.pop()) {
    const { token, depth } = at;
    if (depth > MAX_NESTING) {
      return token;
    }
    if (token.type === 'document' && token.value) {
      open.push({ token: token.value, depth });
    } else if ('items' in token) {
      for (const { key, value } of token.items) {
        for (const child of [key, value]) {
          if (child) {
            open.push({ token: child, depth: depth + 1 });
          }
        }
      }
    }
  }
  return undefined;
}

const NO_TARGETS: ReadonlyMap<Alias, Node> = new Map();

function toYamlDocument(
  document: Document.Parsed,
  positionAt: (offset: number) => Position,
  mayExpand: boolean,
): YamlDocument {
  const positionOf = (node: Node) => positionAt(node.range?.[0] ?? 0);
  const targets = mayExpand ? aliasTargets(document) : NO_TARGETS;
  const resolve: YamlDocument['resolve'] = node =>
    isAlias(node) ? targets.get(node) : node ?? undefined;
  const [error] = document.errors;
  let problem: YamlProblem | undefined;
  if (error) {
    problem = { message: error.message, position: positionAt(error.pos[0]) };
  } else if (mayExpand) {
    problem =
      aliasProblem(document, targets, positionOf) ??
      mergeProblem(document, resolve, positionOf);
  }
  return { document, problem, resolve, positionOf };
}

// One walk for all aliases: asking each alias for its anchor walks the document every time.
function aliasTargets(document: Document.Parsed): Map<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Alias(_, alias) {
      const target = anchors.get(alias.source);
      if (target) {
        targets.set(alias, target);
      }
    },
    Value(_, node) {
      if (node.anchor) {
        anchors.set(node.anchor, node);
      }
    },
  });
  return targets;
}

function aliasProblem(
  document: Document.Parsed,
  targets: ReadonlyMap<Alias, Node>,
  positionOf: (node: Node) => Position,
): YamlProblem | undefined {
  const sizes = new Map<unknown, number>();
  let problem: YamlProblem | undefined;

  const sizeOf = (node: unknown): number => {
    const known = sizes.get(node);
    if (known !== undefined) {
      return known;
    }
    let size = 1;
    if (isAlias(node)) {
      const target = targets.get(node);
      if (!target) {
        problem ??= {
          message: `there is no anchor ${node.source} before its alias`,
          position: positionOf(node),
        };
      } else if (sizes.get(target) === Infinity) {
        problem ??= {
          message: `the anchor ${node.source} contains itself`,
          position: positionOf(node),
        };
      } else {
        size = sizeOf(target);
      }
    } else if (isScalar(node)) {
      size += node.source?.length ?? 0;
    } else if (isPair(node)) {
      size += sizeOf(node.key) + sizeOf(node.value);
    } else if (isCollection(node)) {
      // Marks the collection as being measured.
      sizes.set(node, Infinity);
      for (const item of node.items) {
        size += sizeOf(item);
      }
    }
    sizes.set(node, size);
    return size;
  };

  if (sizeOf(document.contents) > MAX_EXPANDED_CHARACTERS) {
    problem ??= {
      message: `its aliases expand to more than ${MAX_EXPANDED_CHARACTERS} characters`,
      position: document.contents ? positionOf(document.contents) : undefined,
    };
  }
  return problem;
}

// As go-yaml has it; a document with another merge key cannot be expanded.
function mergeProblem(
  document: Document.Parsed,
  resolve: YamlDocument['resolve'],
  positionOf: (node: Node) => Position,
): YamlProblem | undefined {
  let problem: YamlProblem | undefined;
  let walked = 0;
  const [start, , end] = document.range;
  visit(document, {
    Pair(_, { key, value }) {
      if (isMergeKey(key)) {
        const merged = resolve(value as Node | null);
        const sources = isSeq(merged) ? merged.items : [merged];
        if (!sources.every(item => isMap(resolve(item as Node)))) {
          problem = {
            message: 'a merge key takes a mapping or a list of mappings',
            position: positionOf(key as Node),
          };
          return visit.BREAK;
        }
        walked += sources.length * (end - start);
        if (walked > MAX_MERGE_WALK) {
          problem = {
            message: 'it merges mappings more often than is read',
            position: positionOf(key as Node),
          };
          return visit.BREAK;
        }
      }
      return undefined;
    },
  });
  return problem;
}

/** Only an unquoted `<<` merges; a quoted one is a field like any other. */
export function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.source === '<<';
}
