//! A player with or without real-time priority, and the same for a thread of the bench.

use std::{error::Error, fs, process::Command};

use fermata::music::{Journal, Player, Priority};

/// Whether threads go before all others.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    RealTime,
    Ordinary,
}

/// A player, and what priority it has.
pub fn player() -> Result<(Player, Rank), Box<dyn Error>> {
    let player = Player::start(Journal::new())?;
    if std::env::var_os("FERMATA_NO_RT").is_some() {
        make_ordinary()?;
        eprintln!("  without real-time priority, as asked for");
        return Ok((player, Rank::Ordinary));
    }
    eprintln!("  {}", player.priority());
    let rank = match player.priority() {
        Priority::Granted(_) => Rank::RealTime,
        _ => Rank::Ordinary,
    };
    Ok((player, rank))
}

/// Takes real-time priority from the player's thread.
fn make_ordinary() -> Result<(), Box<dyn Error>> {
    for task in fs::read_dir("/proc/self/task")? {
        let task = task?;
        if fs::read_to_string(task.path().join("comm"))?.trim() == "fermata-player" {
            let chrt = Command::new("chrt")
                .args(["--other", "--pid", "0"])
                .arg(task.file_name())
                .status()?;
            return match chrt.success() {
                true => Ok(()),
                false => Err("chrt failed".into()),
            };
        }
    }
    Err("the player's thread was not found".into())
}

/// Gives the calling thread what the player's thread has.
pub fn take(rank: Rank) {
    #[cfg(target_os = "linux")]
    {
        // Refused, it stays as it is, which shows in the figures.
        let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
    }
    #[cfg(unix)]
    if rank == Rank::RealTime {
        use thread_priority::{
            ThreadPriority, ThreadPriorityValue,
            unix::{
                RealtimeThreadSchedulePolicy::Fifo, ThreadSchedulePolicy,
                set_thread_priority_and_policy, thread_native_id,
            },
        };
        let middle = ThreadPriorityValue::try_from(50).unwrap_or(ThreadPriorityValue::MIN);
        // The same.
        let _ = set_thread_priority_and_policy(
            thread_native_id(),
            ThreadPriority::Crossplatform(middle),
            ThreadSchedulePolicy::Realtime(Fifo),
        );
    }
    #[cfg(not(unix))]
    let _ = rank;
}
