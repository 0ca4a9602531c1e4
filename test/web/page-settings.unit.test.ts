import { describe, expect, it } from 'vitest';
import { readPageSettings } from '../../web/src/state/page-settings.ts';

describe('the settings of a page', () => {
  it('are those that the server says, and Flower’s defaults for the rest', () => {
    expect(readPageSettings('{"auto_refresh":false}')).toMatchObject({ auto_refresh: false, tasks_columns: null });
    expect(readPageSettings('{}').auto_refresh).toBe(true);
    expect(readPageSettings(undefined).auto_refresh).toBe(true);
    expect(readPageSettings('broken').natural_time).toBe(false);
  });
});
