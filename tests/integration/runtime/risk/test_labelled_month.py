"""The packaged model on labelled card transactions that it was not trained on.

Needs ../shared/data/card-transactions beside the repository.
"""

from support.shared_data import shared

from headrace.runtime.risk import model
from headrace.runtime.risk.evaluate import evaluate, read

MONTH = "data/card-transactions/2018-04.parquet"


def test_a_month_of_card_transactions_is_judged_sparingly_and_mostly_rightly() -> None:
    report = evaluate(model.load(), read(shared(MONTH)))
    assert report["payments"] == 288_058
    assert report["reviewed_share"] + report["rejected_share"] < 0.005
    assert report["fraud_among_rejected"] > 0.9
    assert report["fraud_among_stopped"] > 0.6
    assert report["fraud_stopped"] > 0.14
    assert report["auc"] > 0.66
