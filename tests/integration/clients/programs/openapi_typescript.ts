// The story, as told with the types of openapi-typescript, by openapi-fetch.
import createClient from "openapi-fetch";
import type { components, paths } from "./generated";

type Schemas = components["schemas"];
type Problem = Schemas["Problem"];

const api = (key = process.env.HEADRACE_API_KEY) =>
  createClient<paths>({
    baseUrl: process.env.HEADRACE_URL,
    headers: { Authorization: `Bearer ${key}` },
  });
const client = api();

const payment = (
  amount: number,
  creditor = "merchant-3",
  more: Partial<Schemas["PaymentRequest"]> = {},
): Schemas["PaymentRequest"] => ({
  debtor: "customer-17",
  creditor,
  amount,
  currency: "EUR",
  ...more,
});

const pay = (key: string, body: Schemas["PaymentRequest"], by = client) =>
  by.POST("/v1/payments", {
    params: { header: { "Idempotency-Key": key, Prefer: "wait=10" } },
    body,
  });

function done<T>(answer: { data?: T; error?: Problem }): T {
  if (answer.data === undefined) throw new Error(answer.error?.code);
  return answer.data;
}

function code(answer: { error?: Problem }): string {
  if (answer.error === undefined) throw new Error("was not refused");
  return answer.error.code;
}

async function story() {
  for (const id of ["customer-17", "merchant-3"])
    done(await client.POST("/v1/accounts", { body: { id, currency: "EUR" } }));
  const funded = done(
    await client.POST("/v1/accounts/{account}/deposits", {
      params: { path: { account: "customer-17" }, header: { "Idempotency-Key": "d" } },
      body: { amount: 3_000_000_000, currency: "EUR" },
    }),
  );
  const paid = done(
    await pay(
      "p-0",
      payment(2_500_000_000, "merchant-3", {
        reference: "invoice 2041",
        metadata: { order: "2041" },
      }),
    ),
  );
  const settled: Schemas["PaymentStatus"] = "settled";
  if (paid.status !== settled) throw new Error(paid.status);
  const declined = done(await pay("p-1", payment(900_000_000)));
  const refused = [
    code(await pay("p-2", payment(1, "nobody"))),
    code(await pay("p-0", payment(1))),
    code(await pay("p-2", payment(1), api("hr_no"))),
  ];
  const statement = done(
    await client.GET("/v1/accounts/{account}/entries", {
      params: { path: { account: "merchant-3" } },
    }),
  );
  if (typeof statement === "string") throw new Error("CSV, which nobody asked for");
  const { results } = done(
    await client.POST("/v1/payment-batches", {
      body: ["merchant-3", "nobody"].map((to) => ({
        ...payment(7, to),
        idempotency_key: `b-${to}`,
      })),
    }),
  );
  const pages: number[][] = [];
  let cursor: string | null = null;
  do {
    const query: { debtor: string; limit: number; cursor?: string } = {
      debtor: "customer-17",
      limit: 2,
      ...(cursor === null ? {} : { cursor }),
    };
    const page: Schemas["PaymentList"] = done(
      await client.GET("/v1/payments", { params: { query } }),
    );
    pages.push(page.items.map((item) => item.amount));
    cursor = page.next_cursor;
  } while (cursor !== null);
  return {
    posted: funded.posted,
    paid: {
      status: paid.status,
      amount: paid.amount,
      reference: paid.reference,
      description: paid.description,
      metadata: paid.metadata,
      decline_reason: paid.decline_reason,
    },
    declined: declined.decline_reason,
    refused,
    batch: results.map((one) => (one.payment ? "payment" : one.problem?.code)),
    pages,
    statement: statement.items.map((entry) => entry.amount),
  };
}

story().then((told) => console.log(JSON.stringify(told)));
