import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.AccountsApi;
import org.openapitools.client.api.PaymentBatchesApi;
import org.openapitools.client.api.PaymentsApi;
import org.openapitools.client.model.*;

/** The story, as told by a Java client of openapi-generator. */
public class Story {
  interface Call {
    Object answer() throws ApiException;
  }

  static final ObjectMapper JSON = ApiClient.createDefaultObjectMapper();

  static ApiClient client(String key) {
    ApiClient client = new ApiClient();
    // Offering HTTP/2 loses the body where no HAProxy stands before uvicorn, as in tests.
    client.setHttpClientBuilder(HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1));
    client.updateBaseUri(System.getenv("HEADRACE_URL"));
    client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + key));
    return client;
  }

  static PaymentRequest payment(long amount, String creditor) {
    return new PaymentRequest()
        .debtor("customer-17").creditor(creditor).amount(amount).currency("EUR");
  }

  static String code(Call call) throws Exception {
    try {
      throw new AssertionError(call.answer());
    } catch (ApiException refused) {
      Problem problem = JSON.readValue(refused.getResponseBody(), Problem.class);
      return ProblemCode.fromValue(problem.getCode()).getValue();
    }
  }

  public static void main(String[] arguments) throws Exception {
    ApiClient client = client(System.getenv("HEADRACE_API_KEY"));
    AccountsApi accounts = new AccountsApi(client);
    PaymentsApi payments = new PaymentsApi(client);
    PaymentsApi stranger = new PaymentsApi(client("hr_no"));
    Map<String, Object> told = new LinkedHashMap<>();

    for (String id : List.of("customer-17", "merchant-3")) {
      accounts.openAccount(new AccountRequest().id(id).currency("EUR"), null, null);
    }
    FundRequest fund = new FundRequest().amount(3_000_000_000L).currency("EUR");
    long posted = accounts.deposit("customer-17", "d", fund, null, null).getPosted();
    told.put("posted", posted);

    PaymentRequest asked =
        payment(2_500_000_000L, "merchant-3")
            .reference("invoice 2041")
            .metadata(Map.of("order", "2041"));
    Payment paid = payments.createPayment("p-0", asked, "wait=10", null, null);
    if (paid.getStatus() != PaymentStatus.SETTLED) throw new AssertionError(paid);
    Map<String, Object> shown = new LinkedHashMap<>();
    shown.put("status", paid.getStatus().getValue());
    shown.put("amount", paid.getAmount());
    shown.put("reference", paid.getReference());
    shown.put("description", paid.getDescription());
    shown.put("metadata", paid.getMetadata());
    shown.put("decline_reason", paid.getDeclineReason());
    told.put("paid", shown);
    PaymentRequest much = payment(900_000_000, "merchant-3");
    told.put("declined", payments.createPayment("p-1", much, null, null, null).getDeclineReason());
    PaymentRequest one = payment(1, "merchant-3");
    PaymentRequest lost = payment(1, "nobody");
    told.put(
        "refused",
        List.of(
            code(() -> payments.createPayment("p-2", lost, null, null, null)),
            code(() -> payments.createPayment("p-0", one, null, null, null)),
            code(() -> stranger.createPayment("p-2", one, null, null, null))));

    EntryList statement = accounts.listEntries("merchant-3", null, null, null, null, null, null);
    told.put("statement", statement.getItems().stream().map(Entry::getAmount).toList());

    List<BatchPaymentRequest> items = new ArrayList<>();
    for (String to : List.of("merchant-3", "nobody")) {
      items.add(
          new BatchPaymentRequest()
              .idempotencyKey("b-" + to)
              .debtor("customer-17").creditor(to).amount(7L).currency("EUR"));
    }
    List<String> batch = new ArrayList<>();
    for (BatchResult result :
        new PaymentBatchesApi(client).createPaymentBatch(items, null, null, null).getResults()) {
      batch.add(result.getPayment() != null ? "payment" : result.getProblem().getCode());
    }
    told.put("batch", batch);

    List<List<Long>> pages = new ArrayList<>();
    String cursor = null;
    do {
      PaymentList page =
          payments.listPayments(
              cursor, 2, null, null, "customer-17", null, null, null, null, null, null);
      pages.add(page.getItems().stream().map(Payment::getAmount).toList());
      cursor = page.getNextCursor();
    } while (cursor != null);
    told.put("pages", pages);
    System.out.println(new ObjectMapper().writeValueAsString(told)); // with its nulls
  }
}
