// The story, as told by a TypeScript client of openapi-generator (typescript-fetch).
import {
  AccountsApi,
  Configuration,
  PaymentBatchesApi,
  PaymentsApi,
  PaymentStatus,
  ProblemCode,
  ProblemFromJSON,
  ResponseError,
  type PaymentRequest,
} from "./generated";

const configured = (accessToken = process.env.HEADRACE_API_KEY!) =>
  new Configuration({ basePath: process.env.HEADRACE_URL, accessToken });
const accounts = new AccountsApi(configured());
const batches = new PaymentBatchesApi(configured());
const payments = new PaymentsApi(configured());
const stranger = new PaymentsApi(configured("hr_no"));

const payment = (amount: number, creditor = "merchant-3", more = {}): PaymentRequest => ({
  debtor: "customer-17",
  creditor,
  amount,
  currency: "EUR",
  ...more,
});

async function code(call: Promise<unknown>): Promise<ProblemCode> {
  try {
    await call;
  } catch (refused) {
    if (!(refused instanceof ResponseError)) throw refused;
    const problem = ProblemFromJSON(await refused.response.json());
    const known = Object.values(ProblemCode).find((one) => one === problem.code);
    if (known) return known;
  }
  throw new Error("was not refused with a code that is known");
}

async function story() {
  for (const id of ["customer-17", "merchant-3"])
    await accounts.openAccount({ accountRequest: { id, currency: "EUR" } });
  const funded = await accounts.deposit({
    account: "customer-17",
    idempotencyKey: "d",
    fundRequest: { amount: 3_000_000_000, currency: "EUR" },
  });
  const paid = await payments.createPayment({
    idempotencyKey: "p-0",
    prefer: "wait=10",
    paymentRequest: payment(2_500_000_000, "merchant-3", {
      reference: "invoice 2041",
      metadata: { order: "2041" },
    }),
  });
  if (paid.status !== PaymentStatus.Settled) throw new Error(paid.status);
  const declined = await payments.createPayment({
    idempotencyKey: "p-1",
    paymentRequest: payment(900_000_000),
  });
  const pay = (api: PaymentsApi, idempotencyKey: string, paymentRequest: PaymentRequest) =>
    code(api.createPayment({ idempotencyKey, paymentRequest }));
  const refused = [
    await pay(payments, "p-2", payment(1, "nobody")),
    await pay(payments, "p-0", payment(1)),
    await pay(stranger, "p-2", payment(1)),
  ];
  const statement = await accounts.listEntries({ account: "merchant-3" });
  const { results } = await batches.createPaymentBatch({
    batchPaymentRequest: ["merchant-3", "nobody"].map((to) => ({
      ...payment(7, to),
      idempotencyKey: `b-${to}`,
    })),
  });
  const pages: number[][] = [];
  let cursor: string | null | undefined;
  do {
    const page = await payments.listPayments({
      debtor: "customer-17",
      limit: 2,
      cursor: cursor ?? undefined,
    });
    pages.push(page.items.map((item) => item.amount));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return {
    posted: funded.posted,
    paid: {
      status: paid.status,
      amount: paid.amount,
      reference: paid.reference,
      description: paid.description,
      metadata: paid.metadata,
      decline_reason: paid.declineReason,
    },
    declined: declined.declineReason,
    refused,
    batch: results.map((one) => (one.payment ? "payment" : one.problem?.code)),
    pages,
    statement: statement.items.map((entry) => entry.amount),
  };
}

story().then((told) => console.log(JSON.stringify(told)));
