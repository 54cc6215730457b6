export const OTHER_SERVICES = [
    {
        name: "Google Cloud Tasks",
        usd: 0.8,
        how: "2 operations (create, push) × $0.40 per million, each per 32 KB",
        leavesOut: "the service that receives the push, and the network; no results; a batch is billed by its tasks",
        sources: ["https://cloud.google.com/tasks/pricing"],
    },
    {
        name: "Cloudflare Queues alone",
        usd: 1.2,
        how: "3 operations (write, read, delete) × $0.40 per million, each per 64 KB",
        leavesOut: "the Workers that send and consume; no status, results, deduplication, fairness or replay",
        sources: ["https://developers.cloudflare.com/queues/platform/pricing/"],
    },
    {
        name: "Amazon SQS (standard) + Lambda",
        usd: 1.4,
        how: "3 requests × $0.40 per million, and 1 invocation × $0.20; batches of 10 divide both by up to 10",
        leavesOut: "Lambda's duration, an API in front, empty receives; no status, results, deduplication or fairness",
        sources: [
            "https://cloudburn.io/blog/amazon-sqs-pricing",
            "https://docs.aws.amazon.com/whitepapers/latest/how-aws-pricing-works/lambda.html",
        ],
    },
    {
        name: "Upstash QStash",
        usd: 10,
        how: "$1 per 100,000 messages, pay as you go",
        leavesOut: "the service that receives the message, traffic above 50 GB a month; a retry may count as a message",
        sources: ["https://upstash.com/pricing/qstash", "https://upstash.com/docs/qstash/overall/pricing"],
    },
];
