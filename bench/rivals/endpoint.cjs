// Serverless Framework 3 uses version 2 of the AWS SDK, which does not know AWS_ENDPOINT_URL. Loaded with `node --require`.
const { BENCH_SERVERLESS, AWS_ENDPOINT_URL } = process.env;
require(`${BENCH_SERVERLESS}/node_modules/aws-sdk`).config.update({ endpoint: AWS_ENDPOINT_URL });
