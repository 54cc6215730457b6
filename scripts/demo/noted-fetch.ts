/** A request of a client's and its answer, as they were on the wire. Times are of `performance.now()`. */
export interface Exchange {
  readonly sentAt: number;
  readonly sent: string;
  readonly answeredAt: number;
  readonly status: number;
  readonly headers: Headers;
  readonly answer: string;
  /** The client has not got the answer. */
  readonly lost: boolean;
}

/** A `fetch` for a client, which writes down what the client itself does not tell: every try, and its headers. */
export class NotedFetch {
  readonly exchanges: Exchange[] = [];
  readonly #loses: (response: Response) => boolean;

  /** @param loses whether an answer breaks off on its way to the client. Default none */
  constructor(loses: (response: Response) => boolean = () => false) {
    this.#loses = loses;
  }

  readonly fetch = async (request: Request): Promise<Response> => {
    const sent = await request.clone().text();
    const sentAt = performance.now();
    const response = await fetch(request);
    const answeredAt = performance.now();
    const { status, headers } = response;
    const answer = await response.clone().text();
    const lost = this.#loses(response);
    this.exchanges.push({ sentAt, sent, answeredAt, status, headers, answer, lost });
    if (lost) throw new TypeError("the connection broke off");
    return response;
  };
}
