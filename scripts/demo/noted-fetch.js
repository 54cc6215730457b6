/** A `fetch` for a client, which writes down what the client itself does not tell: every try, and its headers. */
export class NotedFetch {
    exchanges = [];
    #loses;
    /** @param loses whether an answer breaks off on its way to the client. Default none */
    constructor(loses = () => false) {
        this.#loses = loses;
    }
    fetch = async (request) => {
        const sent = await request.clone().text();
        const sentAt = performance.now();
        const response = await fetch(request);
        const answeredAt = performance.now();
        const { status, headers } = response;
        const answer = await response.clone().text();
        const lost = this.#loses(response);
        this.exchanges.push({ sentAt, sent, answeredAt, status, headers, answer, lost });
        if (lost)
            throw new TypeError("the connection broke off");
        return response;
    };
}
