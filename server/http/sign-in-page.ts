// In: nothing. Out: the page that people see who have closed their browser's question for a password.
import { createHash } from 'node:crypto';
import type { Response } from 'express';

/** All files of the app are as closed as its pages, so it brings its own few lines of style: the colours of tokens.css. */
const style = `
:root { color-scheme: light dark; }
body {
  display: grid; place-items: center; min-height: 100vh; margin: 0; padding: 1.5rem; box-sizing: border-box;
  background: light-dark(#f4f0e4, #151813); color: light-dark(#22261d, #e9e5d6);
  font: 0.9375rem/1.6 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif;
}
main {
  max-width: 27rem; padding: 2.25rem; border: 1px solid light-dark(#ddd5c1, #353a2f); border-radius: 4px;
  background: light-dark(#fdfbf5, #1d201a); box-shadow: 0 1px 2px rgb(0 0 0 / 8%), 0 6px 20px rgb(0 0 0 / 10%);
}
svg { width: 2.5rem; height: 2.5rem; fill: light-dark(#2c6131, #9bc98c); stroke: light-dark(#2c6131, #9bc98c); }
h1 { margin: 0.75rem 0; font: 700 1.5rem/1.25 'Iowan Old Style', 'Palatino Linotype', Palatino, 'Noto Serif', Georgia, serif; }
p { margin: 0 0 0.875rem; color: light-dark(#565a4a, #b4b1a0); }
p:last-child { margin-bottom: 0; }
a {
  display: inline-block; margin: 0.375rem 0; padding: 0.4375rem 1.125rem; border-radius: 4px; text-decoration: none;
  background: light-dark(#2c6131, #9bc98c); color: light-dark(#fdfbf5, #151813); font-weight: 600;
}
a:focus-visible { outline: 2px solid light-dark(#1f5fa8, #8fc1ff); outline-offset: 2px; }
code { color: light-dark(#22261d, #e9e5d6); font: 0.875em ui-monospace, Menlo, Consolas, monospace; white-space: nowrap; }
`;

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sign in · Herbarium</title>
<style>${style}</style>
</head>
<body>
<main>
<svg viewBox="0 0 32 32" aria-hidden="true"><g transform="rotate(14 16 16)"><path d="M16 29.5V4.5" fill="none" stroke-width="1.8" stroke-linecap="round"/><g stroke="none"><path d="M16 23.5c-4.7.3-8-2-9-6.6 4.7-.4 8.2 1.9 9 6.6Z"/><path d="M16 20.5c4.7.3 8-2 9-6.6-4.7-.4-8.2 1.9-9 6.6Z"/><path d="M16 15.5c-3.9.2-6.7-1.6-7.5-5.5 3.9-.3 6.8 1.6 7.5 5.5Z"/><path d="M16 12.5c3.9.2 6.7-1.6 7.5-5.5-3.9-.3-6.8 1.6-7.5 5.5Z"/><path d="M16 8.5c-2.5-2-2.5-4.7 0-7 2.5 2.3 2.5 5 0 7Z"/></g></g></svg>
<h1>Sign in to Herbarium</h1>
<p>This server shows its pages to whoever knows a user name and its password. Your browser will ask you for them.</p>
<p><a href="">Sign in</a></p>
<p>You have none? Whoever runs this server sets them with <code>--basic-auth</code>.</p>
</main>
</body>
</html>
`;

/** Answers a browser that carries no right password: with the question for one (`challenge`), and for who declines it a page. */
export function sendSignInPage(response: Response, challenge: string): void {
  const styleHash = createHash('sha256').update(style).digest('base64');
  response
    .status(401)
    .set({
      'WWW-Authenticate': challenge,
      'Cache-Control': 'no-store',
      'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${styleHash}'; frame-ancestors 'self'`,
    })
    .type('text/html')
    .send(page);
}
