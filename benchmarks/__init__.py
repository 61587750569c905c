"""The speed of the real path, beside the driver alone and beside the peers."""
