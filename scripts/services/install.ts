import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const policyPath = '/usr/sbin/policy-rc.d';
const policy =
  '#!/bin/sh\n# Put here by Herbarium while it installs packages: no service is started. To be removed.\nexit 101\n';

/** Whether packages can be installed here: as root, with apt-get. */
export function canInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/**
 * Installs Debian packages without starting the services they bring.
 * @throws with the end of apt-get's output.
 */
export async function installPackages(packages: readonly string[], say: (line: string) => void): Promise<void> {
  say(`installing ${packages.join(' ')} (apt-get)`);
  const forbidden = forbidServices();
  try {
    await runApt(['update']);
    await runApt(['install', '-y', '--no-install-recommends', ...packages]);
  } finally {
    forbidden.lift();
  }
}

/** Debian's way to keep a package from starting its service: a policy that says no. One that is there already stays. */
function forbidServices(): { lift: () => void } {
  // Ours may be there still, from a run that was killed.
  const isOthers = existsSync(policyPath) && readFileSync(policyPath, 'utf8') !== policy;
  if (!isOthers) writeFileSync(policyPath, policy, { mode: 0o755 });
  return { lift: () => (isOthers ? undefined : rmSync(policyPath, { force: true })) };
}

function runApt(args: string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const child = spawn('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-4000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`apt-get ${args[0] ?? ''} failed:\n${output.trimEnd().split('\n').slice(-8).join('\n')}`));
    });
  });
}
