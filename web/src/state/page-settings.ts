import type { PageSettings } from '../../../server/contract/page.ts';

const unsaid: PageSettings = {
  tasks_columns: null,
  auto_refresh: true,
  natural_time: false,
  result_backend: false,
  may_act: false,
};

/** What the server's options say of its pages. `content`: of the page's `<meta name="herbarium">`. */
export function readPageSettings(content: string | null | undefined): PageSettings {
  try {
    const said: unknown = JSON.parse(content ?? '{}');
    return typeof said === 'object' && said !== null ? { ...unsaid, ...said } : unsaid;
  } catch {
    return unsaid;
  }
}
