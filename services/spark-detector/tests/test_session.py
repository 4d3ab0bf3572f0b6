import socket

import pytest

from spark_detector.session import driver_host, require_slots
from spark_detector.settings import DetectorSettings
from vigie_runtime import ConfigurationError
from vigie_schemas import TRANSACTIONS


def test_on_one_machine_the_driver_is_not_reached_from_outside() -> None:
    assert driver_host(DetectorSettings(spark_master="local[6]", spark_driver_host="elsewhere")) == "127.0.0.1"


def test_a_clusters_executors_reach_it_by_name() -> None:
    cluster = "spark://spark-master:7077"

    assert driver_host(DetectorSettings(spark_master=cluster)) == socket.gethostname()
    assert driver_host(DetectorSettings(spark_master=cluster, spark_driver_host="detector")) == "detector"


@pytest.mark.parametrize("master", ["local", "local[7]", "local[1,4]"])
def test_too_few_slots_are_refused_in_one_sentence(master: str) -> None:
    with pytest.raises(ConfigurationError, match=r"need 8 at the same time: set SPARK_MASTER=local\[8\] or more"):
        require_slots(DetectorSettings(spark_master=master), partitions=2)


@pytest.mark.parametrize(("master", "partitions"), [("local[8]", 2), ("local[13]", 3), ("spark://host:7077", 64)])
def test_enough_slots_pass_and_a_cluster_is_not_counted(master: str, partitions: int) -> None:
    require_slots(DetectorSettings(spark_master=master), partitions)


def test_the_default_has_enough() -> None:
    require_slots(DetectorSettings(), TRANSACTIONS.partitions)
