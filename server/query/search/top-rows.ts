/**
 * The first rows of a segment in an order. Blocks are gone through in the order of the first row they can have, and a row
 * has its turn when no block that is left can have one before it; rows that may fit are looked at then, and not earlier.
 * Where what is in memory tells of the rows of a block that may fit how near the first can be, as with run times, of which
 * each block has long ones, that is its place in the order: the numbers of few blocks are read.
 */
import { blockRows } from '../../store/columns.ts';
import { hasFit } from './evaluate.ts';
import { Looks } from './looks.ts';
import { isBefore, openOrder, type Place, type SegmentOrder } from './order.ts';
import { NearBlocks, SureRanks } from './near-blocks.ts';
import type { QuestionOf, RowsAnswer } from './question.ts';
import type { Scan } from './scan.ts';
import { WaitingRows } from './waiting-rows.ts';

const mostVerifiedAtOnce = 250;
/** Blocks that are read together, at most; first one, then twice as many each time, as most pages need but few. */
const mostBatchBlocks = 16;
/** In one batch: of more rows most never have their turn. */
const mostEarly = 128;
/** The same where hardly a row fits of those that may, and to look at them has a way to go. */
const mostFar = { blocks: 64, early: 512 };
/** Where lists were given up, before they are read after all. */
const leastLooks = 500;

interface Visit extends Place {
  block: number;
}

export async function topRows(scan: Scan, question: QuestionOf<'rows'>): Promise<RowsAnswer> {
  return new TopRows(scan, question, await openOrder(scan, question)).find();
}

class TopRows {
  readonly #beyond: Place | null;
  /** No row behind this place is of interest. */
  #until: Place | null;
  #visits: Visit[] = [];
  readonly #near: NearBlocks;
  readonly #seeksNearest: boolean;
  readonly #sureRanks: SureRanks;
  /** Beyond so many looks lists are read after all; null: they are. */
  #mostLooks: number | null = null;
  /** The visits up to this one are done, those up to the other are read together. */
  #visited = 0;
  #batched = 0;
  #batchSize = 1;
  readonly #waiting = new WaitingRows();
  readonly #found: Place[] = [];
  #verifiedAtOnce: number;
  readonly #fits = new Uint8Array(blockRows);
  /** Blocks of the batch in which a row may be what is sought. */
  #batch: ReadonlySet<number> = new Set();
  /** Those whose rows are looked at already, and what their rows are. */
  readonly #settled = new Map<number, Uint8Array>();
  readonly #looks: Looks;
  /** Since rows were taken. */
  #visitsAhead = 0;

  constructor(
    private readonly scan: Scan,
    private readonly question: QuestionOf<'rows'>,
    private readonly order: SegmentOrder,
  ) {
    const { beyond, until, limit } = question;
    this.#beyond = beyond && order.placeOf(beyond);
    this.#until = until && order.placeOf(until);
    this.#looks = new Looks(scan.verifier);
    this.#near = new NearBlocks(({ tie }) => Math.floor(order.idOf(tie) / blockRows));
    this.#sureRanks = new SureRanks(limit);
    this.#seeksNearest = order.hasNearest && (scan.plan.kind !== 'constant' || this.#beyond !== null);
    this.#verifiedAtOnce = Math.min(Math.max(limit, 16), mostVerifiedAtOnce);
  }

  async find(): Promise<RowsAnswer> {
    let isWhole = (await this.#begin()) && (await this.#search());
    if (this.#hasLookedEnough) isWhole = (await this.#beginAgain()) && (await this.#search());
    if (!isWhole) this.#takeWaiting();
    return {
      values: this.#found.map(({ rank }) => this.order.valueOf(rank)),
      ids: this.#found.map(({ tie }) => this.order.idOf(tie)),
      partial: !isWhole,
    };
  }

  get #wanted(): number {
    return this.question.limit - this.#found.length;
  }

  async #begin(): Promise<boolean> {
    const { evaluation } = this.scan;
    const visits: Visit[] = [];
    for (const block of this.scan.blocks()) {
      const first = this.order.firstOf(block, this.#beyond);
      if (first && !this.#isTooLate(first)) visits.push({ block, ...first });
    }
    const newest = visits[0]?.block;
    visits.sort((a, b) => (isBefore(a, b) ? -1 : 1));
    const first = visits[0]?.block;
    if (first !== newest && !this.#hasLookedEnough) {
      const looks = await evaluation.giveUpLists(this.#wanted);
      this.#mostLooks = looks && leastLooks + 2 * looks;
    }
    if (first !== undefined && !(await this.#cover(first))) return false;
    // Lists that are short are known now.
    this.#visits = visits.filter(({ block }) => evaluation.mayFit(block));
    return true;
  }

  /** There is less to be found than lists let hope for. */
  async #beginAgain(): Promise<boolean> {
    this.scan.evaluation.resumeLists();
    this.#waiting.clear();
    this.#near.clear();
    this.#sureRanks.clear();
    this.#found.length = 0;
    this.#visited = this.#batched = 0;
    const isInTime = await this.#begin();
    this.#mostLooks = null;
    return isInTime;
  }

  get #hasLookedEnough(): boolean {
    return this.#mostLooks !== null && this.#looks.count > this.#mostLooks;
  }

  #cover(block: number): Promise<boolean> {
    return this.scan.evaluation.coverBlock(block, () => this.scan.pace.goOn());
  }

  async #search(): Promise<boolean> {
    const { limit } = this.question;
    while (this.#found.length < limit) {
      if (!(await this.scan.pace.goOn()) || this.#hasLookedEnough) return false;
      const visit = this.#nextVisit();
      const near = this.#nextNear();
      const next = near && !(visit && isBefore(visit, near)) ? near : visit;
      if (next && (this.#waiting.size === 0 || !this.#waiting.isTopBefore(next) || this.#goesAhead())) {
        if (next === near) await this.#visitNear();
        else if (!(await this.#visit(visit!))) return false;
      } else if (this.#waiting.size > 0) await this.#take(next);
      else return true;
    }
    return true;
  }

  /** So that there are rows to be looked at together with the next, as each block has one. */
  #goesAhead(): boolean {
    if (!this.#looks.areFar) return false;
    const { unsureTop } = this.#waiting;
    if (!unsureTop || this.#looks.knows(this.order.idOf(unsureTop.tie))) return false;
    return this.#visitsAhead++ < this.#looks.atOnce;
  }

  #nextVisit(): Visit | undefined {
    const next = this.#visits[this.#visited];
    return next && !this.#isTooLate(next) ? next : undefined;
  }

  #nextNear(): Place | undefined {
    const near = this.#near.top;
    return near && !this.#isTooLate(near) ? near : undefined;
  }

  #isTooLate(place: Place): boolean {
    return this.#until !== null && isBefore(this.#until, place);
  }

  async #visit(visit: Visit): Promise<boolean> {
    const { block } = visit;
    const { evaluation } = this.scan;
    if (this.#visited >= this.#batched && !(await this.#beginBatch())) return false;
    this.#visited++;
    if (!this.#batch.has(block)) return true;
    const settled = this.#settled.get(block);
    const fits = settled ?? this.#fits;
    if (!(settled ? hasFit(settled) : await evaluation.fill(block, fits))) return true;
    if (this.#seeksNearest) await this.#noteNear(block, fits);
    else if (this.order.isScattered) await this.#addNearRows(block, visit, fits);
    else await this.#addRowsOf(block, fits);
    return true;
  }

  async #noteNear(block: number, fits: Uint8Array): Promise<void> {
    const nearest = await this.order.nearestOf(block, this.#beyond, fits);
    if (nearest === null || this.#isTooLate(nearest)) return;
    this.#near.add(nearest, fits);
    const last = nearest.sureRank === null ? null : this.#sureRanks.add(nearest.sureRank);
    if (last !== null && !this.#isTooLate(last)) this.#until = last;
  }

  async #visitNear(): Promise<void> {
    const { place, block, fits } = this.#near.take();
    // Nothing of a batch that is done is needed any more.
    if (this.#visited >= this.#batched) this.scan.reader.begin([block]);
    await this.#addNearRows(block, place, fits);
  }

  /** Of a block that begins at `place`; rows that are not near are left for later, to which it hardly comes. */
  async #addNearRows(block: number, { rank, tie }: Place, fits: Uint8Array): Promise<void> {
    const others = (): number[] => this.#visits.slice(this.#visited).map((visit) => visit.rank);
    const upTo = this.#near.nearUpTo(rank, others, this.question.limit);
    await this.#addRowsOf(block, fits, rank, upTo);
    this.#near.leave(block, upTo === Infinity ? null : { rank: upTo, tie }, fits);
  }

  /** Of ranks from `from` up to, and without, `upTo`; infinite: all. */
  async #addRowsOf(block: number, fits: Uint8Array, from = -Infinity, upTo = Infinity): Promise<void> {
    this.#addRows(block, await this.order.ranks(block, fits), fits, from, upTo);
    this.#until = this.#waiting.sortOut(this.#wanted) ?? this.#until;
  }

  async #beginBatch(): Promise<boolean> {
    const from = this.#visited;
    this.#batched = Math.min(from + this.#batchSize, this.#visits.length);
    const most = this.#looks.hardlyAnyFits && this.#looks.areFar ? mostFar.blocks : mostBatchBlocks;
    this.#batchSize = Math.min(this.#batchSize * 2, most);
    let blocks: number[] = [];
    for (const { block } of this.#visits.slice(from, this.#batched)) {
      if (!(await this.#cover(block))) return false;
      if (this.scan.evaluation.mayFit(block)) blocks.push(block);
    }
    this.scan.reader.begin(blocks);
    if (this.#until !== null && this.order.hasNearest) blocks = await this.#reaching(blocks, this.#until);
    this.#batch = new Set(blocks);
    this.#settled.clear();
    return this.#looks.hardlyAnyFits ? this.#settle(blocks) : true;
  }

  async #reaching(blocks: readonly number[], until: Place): Promise<number[]> {
    const reaching: number[] = [];
    for (const block of blocks) if (await this.order.reaches(block, this.#beyond, until)) reaching.push(block);
    if (reaching.length < blocks.length) this.scan.reader.begin(reaching);
    return reaching;
  }

  /**
   * Where hardly a row fits of those that may, as of a short number: looked at when each has its turn, they would be read
   * block by block, and with each block the values they are sorted by.
   */
  async #settle(blocks: readonly number[]): Promise<boolean> {
    const { evaluation, pace } = this.scan;
    const ids: number[] = [];
    for (const block of blocks) {
      const fits = new Uint8Array(blockRows);
      await evaluation.fill(block, fits);
      this.#settled.set(block, fits);
      const from = block * blockRows;
      for (let i = 0; i < blockRows; i++) if (fits[i] === 1) ids.push(from + i);
      if (ids.length > (this.#looks.areFar ? mostFar.early : mostEarly)) return true;
    }
    if (ids.length === 0) return true;
    const fitting = await this.#looks.fitting(ids);
    for (const id of ids) {
      const block = Math.floor(id / blockRows);
      this.#settled.get(block)![id - block * blockRows] = fitting.has(id) ? 2 : 0;
    }
    // Of the others the values they are sorted by are not of interest.
    this.scan.reader.begin(blocks.filter((block) => hasFit(this.#settled.get(block)!)));
    return pace.goOn();
  }

  #addRows(block: number, ranks: Float64Array, fits: Uint8Array, leastRank: number, upTo: number): void {
    const from = block * blockRows;
    const beyond = this.#beyond ?? { rank: -Infinity, tie: -Infinity };
    const until = this.#until ?? { rank: Infinity, tie: Infinity };
    for (let i = 0; i < blockRows; i++) {
      if (fits[i] === 0) continue;
      const rank = ranks[i]!;
      if (rank < leastRank || (rank >= upTo && upTo < Infinity)) continue;
      if (rank < beyond.rank || rank > until.rank) continue;
      const tie = this.order.tieOf(from + i);
      if ((rank === beyond.rank && tie <= beyond.tie) || (rank === until.rank && tie > until.tie)) continue;
      this.#waiting.add(rank, tie, fits[i]!);
    }
  }

  /** Takes rows from the top that no block can have one before, and of them those that fit. */
  async #take(next: Place | undefined): Promise<void> {
    this.#visitsAhead = 0;
    const taken = this.#waiting.take(this.#wanted, this.#verifiedAtOnce, next);
    const ids = taken.filter(({ fit }) => fit !== 2).map(({ tie }) => this.order.idOf(tie));
    if (ids.length > 0) this.#verifiedAtOnce = Math.min(this.#verifiedAtOnce * 2, mostVerifiedAtOnce);
    const fitting = await this.#looks.fitting(ids, (count) =>
      this.#waiting.soonest(count).map(({ tie }) => this.order.idOf(tie)),
    );
    for (const { fit, ...place } of taken) {
      if (this.#found.length === this.question.limit) return;
      if (fit === 2 || fitting.has(this.order.idOf(place.tie))) this.#found.push(place);
    }
  }

  /** The time is up: what is known to fit is better than nothing, though a row before it may be missing. */
  #takeWaiting(): void {
    for (const { fit, ...place } of this.#waiting.take(this.#wanted, Infinity, undefined)) {
      if (fit === 2) this.#found.push(place);
    }
  }
}
