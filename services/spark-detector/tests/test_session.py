import socket

from spark_detector.session import driver_host
from spark_detector.settings import DetectorSettings


def test_on_one_machine_the_driver_is_not_reached_from_outside() -> None:
    assert driver_host(DetectorSettings(spark_master="local[6]", spark_driver_host="elsewhere")) == "127.0.0.1"


def test_a_clusters_executors_reach_it_by_name() -> None:
    cluster = "spark://spark-master:7077"

    assert driver_host(DetectorSettings(spark_master=cluster)) == socket.gethostname()
    assert driver_host(DetectorSettings(spark_master=cluster, spark_driver_host="detector")) == "detector"
