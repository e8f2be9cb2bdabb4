#!/usr/bin/env node
// In a checkout it runs from source, without a build; packed, what was built.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

/* eslint-disable-next-line no-restricted-syntax */
if (existsSync(join(__dirname, '../src'))) {
  require('@backstage/cli/config/nodeTransform.cjs');
  require('../src');
} else {
  require('..');
}
