//! Tests of the sinks of the journal.

use super::*;
use crate::music::{Beats, Channel, Key, Meter, Tempo, Velocity};
use std::sync::Mutex;

/// A log of the calls, as text.
#[derive(Clone, Default)]
struct Ears(Arc<Mutex<Vec<String>>>);

impl Ears {
    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
    fn note(&self, word: String) -> Result<(), SinkError> {
        self.0.lock().unwrap().push(word);
        Ok(())
    }
}

impl Sink for Ears {
    fn send(&mut self, message: &Sent) -> Result<(), SinkError> {
        self.note(format!("{:?}", &message.message.bytes()[..]))
    }
    fn transport(&mut self, _: &Transport, now: Nanos) {
        self.note(format!("transport at {}", now.0)).unwrap();
    }
    fn save(&mut self, now: Nanos) -> Result<(), SinkError> {
        self.note(format!("save at {}", now.0))
    }
    fn finish(&mut self) -> Result<(), SinkError> {
        self.note("finish".into())
    }
}

/// A disk that is full for a while.
struct Full;
impl Sink for Full {
    fn send(&mut self, _: &Sent) -> Result<(), SinkError> {
        Ok(())
    }
    fn save(&mut self, _: Nanos) -> Result<(), SinkError> {
        Err(SinkError::Failed(MusicError::PlayerGone))
    }
}

fn sent(at: u64, message: Message) -> Sent {
    Sent {
        due: Nanos(at),
        sent: Nanos(at),
        beat: Beat(Beats::whole(1)),
        port: PortId(0),
        part: Some(PartId(0)),
        lane: None,
        source: None,
        message,
    }
}

fn channel() -> Channel {
    Channel::from_number(1).unwrap()
}

fn note() -> Message {
    Message::NoteOn(channel(), Key::new(60).unwrap(), Velocity::default())
}

const SECOND: u64 = 1_000_000_000;

#[test]
fn a_sink_added_later_gets_the_current_state_and_can_be_removed() {
    let mut journal = Journal::new();
    let handle = journal.handle();
    let transport = Transport::new(Tempo::default(), Meter::default());
    journal.transport(&transport, Nanos(1));
    journal.send(&sent(2, Message::Program(channel(), 7)));
    journal.send(&sent(3, note()));
    let ears = Ears::default();
    let take = handle.add(vec![Box::new(ears.clone())]);
    assert!(ears.heard().is_empty());
    journal.advance(Nanos(4));
    assert_eq!(ears.heard(), ["transport at 4", "[192, 7]"]);
    journal.send(&sent(5, note()));
    assert_eq!(ears.heard(), ["[144, 60, 96]"]);
    let other = handle.add(vec![Box::new(Ears::default())]);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.unwrap();
    for take in [take, other] {
        runtime.block_on(async {
            let finished = handle.finish(take);
            let (finished, ()) = tokio::join!(finished, async { journal.advance(Nanos(6)) });
            finished.unwrap();
        });
    }
    assert_eq!(ears.heard(), ["save at 6", "finish"]);
    assert!(journal.sinks.is_empty());
}

#[test]
fn files_are_saved_twice_a_second_while_notes_sound_and_never_in_silence() {
    let mut journal = Journal::new();
    let ears = Ears::default();
    journal.add(Box::new(ears.clone()));
    assert_eq!(journal.until_save(Nanos(0)), None);
    journal.send(&sent(SECOND, note()));
    ears.heard();
    let mut now = SECOND;
    let mut saves = 0;
    while let Some(left) = journal.until_save(Nanos(now)) {
        assert!(left <= SAVE);
        now += u64::try_from(left.as_nanos()).unwrap();
        journal.advance(Nanos(now));
        saves += 1;
        assert_eq!(ears.heard(), [format!("save at {now}")]);
    }
    assert_eq!(saves, 17, "until the last note has surely died away");
}

#[test]
fn a_late_journal_saves_everything_it_received() {
    let mut journal = Journal::new();
    let ears = Ears::default();
    journal.add(Box::new(ears.clone()));
    let mut saved = Vec::new();
    for second in 1..=4 {
        journal.send(&sent(second * SECOND, note()));
        ears.heard();
        // It catches up: three seconds behind, with a quarter of a second per note.
        journal.save_if_due(Nanos(second * SECOND), Nanos((16 + second) * SECOND / 4));
        saved.extend(ears.heard());
    }
    let save = |second: u64| format!("save at {}", second * SECOND);
    assert_eq!(saved, [1, 2, 3, 4].map(save));
}

#[test]
fn an_error_of_a_sink_is_reported_once_and_the_others_continue() {
    let mut journal = Journal::new();
    let mut trouble = journal.watch_trouble();
    let ears = Ears::default();
    journal.add(Box::new(Full));
    journal.add(Box::new(ears.clone()));
    for second in 1..4 {
        journal.send(&sent(second * SECOND, note()));
        journal.advance(Nanos(second * SECOND));
        assert_eq!(trouble.has_changed().unwrap(), second == 1);
        trouble.mark_unchanged();
        assert_eq!(ears.heard().len(), 2);
    }
    assert!(journal.finish().is_err());
}
