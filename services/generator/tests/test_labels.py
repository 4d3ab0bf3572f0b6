from generator.labels import LabelQueue, Truth
from vigie_schemas import Label


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _truth(number: int, scenario: str | None = None) -> Truth:
    return Truth(f"t-{number}", "acct-1", scenario is not None, scenario)


def _due(queue: LabelQueue) -> list[str]:
    names = []
    while label := queue.pop_due():
        names.append(label["transaction_id"])
    return names


def test_a_label_is_due_after_the_delay_and_not_before():
    clock = Clock()
    queue = LabelQueue("generator", 20, clock)
    queue.add(_truth(1))
    clock.now += 5
    queue.add(_truth(2))

    clock.now = 119.9
    assert _due(queue) == []
    clock.now = 120
    assert _due(queue) == ["t-1"]
    clock.now = 125
    assert _due(queue) == ["t-2"]
    assert len(queue) == 0


def test_held_labels_wait_whatever_the_time_and_leave_together():
    clock = Clock()
    queue = LabelQueue("generator", 0, clock)
    queue.hold()
    for number in range(3):
        queue.add(_truth(number))
    clock.now += 1000
    assert _due(queue) == []

    queue.release()

    assert _due(queue) == ["t-0", "t-1", "t-2"]


def test_a_label_says_the_truth_in_the_contracts_words():
    queue = LabelQueue("dataset", 0)
    queue.add(_truth(1, "card_testing"))
    queue.add(_truth(2))

    fraud, normal = Label.model_validate(queue.pop_due()), Label.model_validate(queue.pop_due())

    assert (fraud.is_fraud, fraud.scenario, fraud.source) == (True, "card_testing", "dataset")
    assert (normal.is_fraud, normal.scenario) == (False, None)
