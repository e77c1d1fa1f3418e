"""An event as the API document shows it."""

from headrace.serve.gateway.examples import AT, PAYMENT_ID, RECORD_ID, TRACE_ID

EVENT = (
    f'{{"specversion":"1.0","id":"{RECORD_ID}","source":"/v1/events",'
    f'"type":"com.headrace.payment.settled","subject":"{PAYMENT_ID}","time":"{AT}",'
    '"datacontenttype":"application/json","tenant":"acme",'
    f'"data":{{"payment":"{PAYMENT_ID}","status":"settled","amount":1250,"currency":"EUR",'
    '"debtor":"customer-17","creditor":"merchant-3","idempotency_key":"order-2041",'
    f'"trace_id":"{TRACE_ID}"}}}}'
)

POSITION = "4f1c09abofOkurwOJKlBWL41l30trKp2ejX8DtFZ7nI"
