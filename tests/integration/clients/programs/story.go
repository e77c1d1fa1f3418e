// The story, as told by a client that oapi-codegen generated into this package.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
)

var ctx = context.Background()

func client(key string) *ClientWithResponses {
	made, err := NewClientWithResponses(os.Getenv("HEADRACE_URL"), WithRequestEditorFn(
		func(_ context.Context, request *http.Request) error {
			request.Header.Set("Authorization", "Bearer "+key)
			return nil
		}))
	check(err)
	return made
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func must[T any](answer *T, response *http.Response) *T {
	if answer == nil {
		panic(response.Status)
	}
	return answer
}

func code(problem *Problem) string {
	if problem == nil || !ProblemCode(problem.Code).Valid() {
		panic("was not refused with a code that is known")
	}
	return problem.Code
}

func pay(by *ClientWithResponses, key string, body PaymentRequest) *CreatePaymentResponse {
	wait := "wait=10"
	answer, err := by.CreatePaymentWithResponse(
		ctx, &CreatePaymentParams{IdempotencyKey: key, Prefer: &wait}, body)
	check(err)
	return answer
}

func payment(amount int64, creditor string) PaymentRequest {
	return PaymentRequest{Debtor: "customer-17", Creditor: creditor, Amount: amount, Currency: "EUR"}
}

func main() {
	by := client(os.Getenv("HEADRACE_API_KEY"))
	for _, id := range []string{"customer-17", "merchant-3"} {
		opened, err := by.OpenAccountWithResponse(
			ctx, &OpenAccountParams{}, AccountRequest{Id: id, Currency: "EUR"})
		check(err)
		must(opened.JSON201, opened.HTTPResponse)
	}
	funded, err := by.DepositWithResponse(ctx, "customer-17", &DepositParams{IdempotencyKey: "d"},
		FundRequest{Amount: 3_000_000_000, Currency: "EUR"})
	check(err)

	asked := payment(2_500_000_000, "merchant-3")
	reference, metadata := "invoice 2041", map[string]string{"order": "2041"}
	asked.Reference, asked.Metadata = &reference, &metadata
	answer := pay(by, "p-0", asked)
	paid := must(answer.JSON201, answer.HTTPResponse)
	if paid.Status != PaymentStatusSettled {
		panic(paid.Status)
	}
	declined := pay(by, "p-1", payment(900_000_000, "merchant-3")).JSON201.DeclineReason
	refused := []string{
		code(pay(by, "p-2", payment(1, "nobody")).ApplicationproblemJSON404),
		code(pay(by, "p-0", payment(1, "merchant-3")).ApplicationproblemJSON422),
		code(pay(client("hr_no"), "p-2", payment(1, "merchant-3")).ApplicationproblemJSON401),
	}

	statement := []int64{}
	entries, err := by.ListEntriesWithResponse(ctx, "merchant-3", &ListEntriesParams{})
	check(err)
	for _, entry := range must(entries.JSON200, entries.HTTPResponse).Items {
		statement = append(statement, entry.Amount)
	}

	items := []BatchPaymentRequest{}
	for _, to := range []string{"merchant-3", "nobody"} {
		items = append(items, BatchPaymentRequest{IdempotencyKey: "b-" + to,
			Debtor: "customer-17", Creditor: to, Amount: 7, Currency: "EUR"})
	}
	batch := []string{}
	decided, err := by.CreatePaymentBatchWithResponse(ctx, &CreatePaymentBatchParams{}, items)
	check(err)
	for _, result := range must(decided.JSON200, decided.HTTPResponse).Results {
		if result.Payment != nil {
			batch = append(batch, "payment")
		} else {
			batch = append(batch, result.Problem.Code)
		}
	}

	pages := [][]int64{}
	debtor, limit := "customer-17", int32(2)
	for cursor, more := (*string)(nil), true; more; more = cursor != nil {
		page, err := by.ListPaymentsWithResponse(
			ctx, &ListPaymentsParams{Debtor: &debtor, Limit: &limit, Cursor: cursor})
		check(err)
		amounts := []int64{}
		for _, item := range must(page.JSON200, page.HTTPResponse).Items {
			amounts = append(amounts, item.Amount)
		}
		pages, cursor = append(pages, amounts), page.JSON200.NextCursor
	}

	told, err := json.Marshal(map[string]any{
		"posted": must(funded.JSON201, funded.HTTPResponse).Posted,
		"paid": map[string]any{"status": paid.Status, "amount": paid.Amount,
			"reference": paid.Reference, "description": paid.Description,
			"metadata": paid.Metadata, "decline_reason": paid.DeclineReason},
		"declined": declined, "refused": refused, "batch": batch, "pages": pages,
		"statement": statement,
	})
	check(err)
	fmt.Println(string(told))
}
