"""Two commits under the same load on the same machine, in turn: which is slower."""
