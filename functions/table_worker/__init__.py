"""The worker: takes tables and parts from the queue until there is nothing left to take."""
