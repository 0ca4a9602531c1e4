import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/** Rules that colours decide, and so are looked at by night too; all others are the same in both themes. */
const colourRules = ['color-contrast', 'link-in-text-block'];

/**
 * What axe finds serious or critical on the page as it is, in both themes: rule, theme, and the first places. `part`: a
 * selector of what alone is looked at.
 */
export async function findBarriers(page: Page, part = 'html'): Promise<string[]> {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  // WCAG 2.2 asks for targets of 24 pixels; axe leaves that out unless it is told.
  const all = startAxe(page).options({ rules: { 'target-size': { enabled: true } } });
  const byDay = await readViolations(all.include(part), 'light');
  await page.emulateMedia({ colorScheme: 'dark' });
  return [...byDay, ...(await readViolations(startAxe(page).withRules(colourRules).include(part), 'dark'))];
}

/** Legacy: it opens no further page, which the content security policy would keep from its own script. */
function startAxe(page: Page): AxeBuilder {
  return new AxeBuilder({ page }).setLegacyMode();
}

async function readViolations(axe: AxeBuilder, theme: string): Promise<string[]> {
  const { violations } = await axe.analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, impact, nodes }) => {
      const places = nodes
        .slice(0, 3)
        .map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary ?? ''}`);
      return `${id} (${impact}, ${theme}): ${places.join(' | ')}`;
    });
}
