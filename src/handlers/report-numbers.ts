/** Count, sum, least and greatest of numbers, as they come. */
export class NumberTotals {
  #count = 0;
  #sum = 0;
  #lost = 0;
  #least = Number.POSITIVE_INFINITY;
  #greatest = Number.NEGATIVE_INFINITY;

  /**
   * Adds a finite number. What rounding takes from the sum is summed up by itself, so that the error does not grow with
   * the count (A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", ZAMM 54, 1974,
   * p. 39–51).
   */
  add(value: number): void {
    const sum = this.#sum + value;
    this.#lost += Math.abs(this.#sum) >= Math.abs(value) ? this.#sum - sum + value : value - sum + this.#sum;
    this.#sum = sum;
    this.#count++;
    if (value < this.#least) this.#least = value;
    if (value > this.#greatest) this.#greatest = value;
  }

  /** Not finite once the numbers have gone beyond a double's range. As in SQL null without a number, here and below. */
  get sum(): number | null {
    return this.#count === 0 ? null : this.#sum + this.#lost;
  }

  get average(): number | null {
    return this.sum === null ? null : this.sum / this.#count;
  }

  get least(): number | null {
    return this.#count === 0 ? null : this.#least;
  }

  get greatest(): number | null {
    return this.#count === 0 ? null : this.#greatest;
  }
}
