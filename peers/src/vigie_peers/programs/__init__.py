"""The programs that are measured, each as its users would write it; they share the features and the forest's file."""
