import { Presets, SingleBar } from "cli-progress";
const WIDTH = 30;
/** What is counted, in a column. */
const WIDEST = 10;
/** Where there is no terminal: a line for every fifth of the way. */
const LINES = 5;
/** How many jobs have finished: a bar on a terminal, a few lines elsewhere. */
export class Progress {
    #what;
    #total;
    #bar;
    #done = 0;
    constructor(what, total) {
        this.#what = what.padEnd(WIDEST);
        this.#total = total;
        this.#bar = process.stdout.isTTY
            ? new SingleBar({ format: `  ${this.#what} {bar} {value}/{total}`, barsize: WIDTH, linewrap: true, clearOnComplete: true }, Presets.shades_classic)
            : null;
        this.#bar?.start(total, 0);
    }
    step() {
        this.#done++;
        this.#bar?.update(this.#done);
        const line = Math.floor((this.#done / this.#total) * LINES);
        const before = Math.floor(((this.#done - 1) / this.#total) * LINES);
        if (this.#bar === null && line > before)
            console.log(`  ${this.#what} ${this.#done}/${this.#total}`);
    }
    /** Also when not everything was done. */
    end() {
        this.#bar?.stop();
    }
}
