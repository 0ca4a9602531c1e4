// Loaded before the program (`node --import`), in each of its threads: its wall clock is wrong by as many seconds as the
// file JUMPING_CLOCK says. Clocks that only measure stay right, as they do when a machine's time is set.
import { readFileSync } from 'node:fs';

const rightTime = Date.now;
let wrongByMs = 0;

function look() {
  wrongByMs = Number(readFileSync(process.env.JUMPING_CLOCK ?? '', 'utf8')) * 1000;
}

look();
setInterval(look, 20).unref();
Date.now = () => rightTime() + wrongByMs;
