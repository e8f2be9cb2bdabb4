import { promotionBranch, promotionBranches } from './branches';

describe('promotionBranch', () => {
  const ids = [
    '6f2c7a3e-0000-4000-8000-000000000001',
    '7a3e6f2c-0000-4000-8000-000000000001',
  ];

  it('is among those of its target', () => {
    const branch = promotionBranch(ids[0], 'demo', 'stage');
    expect(branch).toBe('gitops/promote/demo/stage/6f2c7a3e');
    expect(branch).toContain(promotionBranches('demo', 'stage'));
  });

  it('is another one for every promotion', () => {
    const branches = ids.map(id => promotionBranch(id, 'demo', 'stage'));
    expect(new Set(branches).size).toBe(ids.length);
  });
});
