//! The names of the timers that limit tasks: readers of a history know them by their names.

const PREFIX: &str = "timeout of ";

/// The name of the timer that limits a task.
pub fn timeout_timer(pointer: &str) -> String {
    format!("{PREFIX}{pointer}")
}

/// The pointer of the task that a timer of this name limits; `None`: it limits none.
pub fn limited_task(timer: &str) -> Option<&str> {
    timer.strip_prefix(PREFIX)
}
