//! The fold of the histories of an instance.

use std::{
    collections::{BTreeMap, HashMap},
    mem,
};

use super::{
    PartNumber, RecordedMessage, RecordedMusic, RecordedNote, Stretch,
    cuts::{Cuts, EventPlace},
    event_sounds::EventSounds,
    pace,
    tempo_map::TempoMap,
};
use crate::{
    conductor::{ConductorError, activities::score_of, changes::tempi, lane::recorded_channels},
    engine::{Activity, Event, EventId, EventKind, History, Payload, Timestamp},
    music::{Bank, Beat, Beats, Channel, Message, Tempo},
    score::{
        Document, EventSound, Instrument,
        calls::{
            Control, ControlActivity, EnterActivity, Entered, Performed, Play, PlayActivity, Rest,
            RestActivity, SetTempo, TempoActivity, TempoChanged,
        },
    },
};

pub(super) fn read(runs: &[History], bank: &Bank) -> Result<RecordedMusic, ConductorError> {
    let mut reader = Reader::new(bank);
    for run in runs {
        reader.read_run(&run.events);
    }
    let instance = runs.first().map(|run| run.instance.clone());
    let no_music = ConductorError::NoMusic(instance.map(|id| id.to_string()).unwrap_or_default());
    reader.finish().ok_or(no_music)
}

/// What an activity was asked to do.
enum Asked {
    Enter,
    Play(Play),
    Rest(Rest),
    Control(Control),
    Tempo(SetTempo),
}

impl Asked {
    /// What sounds, or tells the time; `None` for other activities.
    fn of(name: &str, input: &Payload) -> Option<Self> {
        match name {
            EnterActivity::NAME => Some(Self::Enter),
            PlayActivity::NAME => input.decode().ok().map(Self::Play),
            RestActivity::NAME => input.decode().ok().map(Self::Rest),
            ControlActivity::NAME => input.decode().ok().map(Self::Control),
            TempoActivity::NAME => input.decode().ok().map(Self::Tempo),
            _ => None,
        }
    }
}

/// The messages that set up the channel of a part.
type Setup = (Channel, Vec<Message>);

struct Reader<'a> {
    bank: &'a Bank,
    /// The first score.
    document: Option<Document>,
    parts: Vec<String>,
    /// How the channel of each part was last set up.
    setups: BTreeMap<PartNumber, Setup>,
    notes: Vec<(EventPlace, RecordedNote)>,
    messages: Vec<RecordedMessage>,
    tempi: Vec<(SetTempo, Performed)>,
    performed: Vec<Stretch>,
    cuts: Cuts,
    sounds: EventSounds,
    place: EventPlace,
    /// The beat at which the first run entered.
    entered: Option<Beat>,
}

/// One run of the instance.
struct Run {
    channels: HashMap<String, (PartNumber, Channel)>,
    /// The setups that are sent before its first event.
    setups: Vec<(PartNumber, Setup)>,
    asked: HashMap<EventId, Asked>,
}

impl Run {
    /// The sounds of an event.
    fn sounds_of<'s>(
        &self,
        event: &Event,
        sounds: &'s [EventSound],
    ) -> impl Iterator<Item = (PartNumber, Channel, &'s EventSound)> {
        let name = event.kind.name();
        let sounding = sounds.iter().filter(move |sound| sound.on.name() == name);
        sounding.filter_map(|sound| {
            let (part, channel) = self.channels.get(&sound.instrument)?;
            Some((*part, *channel, sound))
        })
    }
}

impl<'a> Reader<'a> {
    fn new(bank: &'a Bank) -> Self {
        Self {
            bank,
            document: None,
            parts: Vec::new(),
            setups: BTreeMap::new(),
            notes: Vec::new(),
            messages: Vec::new(),
            tempi: Vec::new(),
            performed: Vec::new(),
            cuts: Cuts::default(),
            sounds: EventSounds::default(),
            place: EventPlace(0),
            entered: None,
        }
    }

    fn read_run(&mut self, history: &[Event]) {
        let Some(document) = score_of(history) else {
            return;
        };
        let mut run = self.begin_run(&document, history);
        let sounds = document.sounds.clone();
        self.document.get_or_insert(document);
        for event in history {
            self.place.0 += 1;
            self.cuts.follow(self.place, event);
            match &event.kind {
                EventKind::TaskScheduled { name, input, .. } => {
                    let asked = Asked::of(name, input);
                    run.asked.extend(asked.map(|asked| (event.id, asked)));
                }
                EventKind::TaskCompleted { scheduled, result } => {
                    if let Some(asked) = run.asked.remove(scheduled) {
                        self.perform(&mut run, *scheduled, asked, result);
                    }
                }
                _ => {}
            }
            let sounding = run.sounds_of(event, &sounds);
            self.sounds.follow(self.place, event, sounding);
        }
    }

    fn begin_run(&mut self, document: &Document, history: &[Event]) -> Run {
        let recorded = recorded_channels(history);
        let mut run = Run {
            channels: HashMap::new(),
            setups: Vec::new(),
            asked: HashMap::new(),
        };
        let channels = channels(document, &recorded);
        for (instrument, channel) in document.instruments.iter().zip(channels) {
            let part = self.part(&instrument.name);
            let place = (part, channel);
            run.channels.insert(instrument.name.clone(), place);
            let messages = instrument.setup(self.bank).messages(channel).collect();
            run.setups.push((part, (channel, messages)));
        }
        run
    }

    fn part(&mut self, name: &str) -> PartNumber {
        let known = self.parts.iter().position(|part| part == name);
        PartNumber(known.unwrap_or_else(|| {
            self.parts.push(name.to_owned());
            self.parts.len() - 1
        }))
    }

    /// An activity has been performed.
    fn perform(&mut self, run: &mut Run, source: EventId, asked: Asked, result: &Payload) {
        let performed = match &asked {
            Asked::Enter => result.decode().map(|entered: Entered| entered.performed),
            Asked::Tempo(_) => result.decode().map(|paced: TempoChanged| paced.performed),
            Asked::Play(_) | Asked::Rest(_) | Asked::Control(_) => result.decode(),
        };
        let Ok(performed) = performed else {
            return;
        };
        self.set_up(run, performed);
        let length = match asked {
            Asked::Enter => {
                self.entered.get_or_insert(performed.at);
                self.sounds.enter();
                Beats::ZERO
            }
            Asked::Rest(rest) => rest.length,
            Asked::Play(play) => self.play(run, source, &play, performed),
            Asked::Control(control) => self.control(run, &control, performed),
            Asked::Tempo(change) => {
                self.tempi.push((change, performed));
                // Its end was predicted with the tempi before it.
                Beats::ZERO
            }
        };
        self.performed.push(Stretch {
            at: performed.at,
            length,
            onset: performed.onset,
            until: performed.until,
        });
    }

    /// Before the first event of a run: sets up the channels of instruments that are new or have changed.
    fn set_up(&mut self, run: &mut Run, performed: Performed) {
        for (part, setup) in mem::take(&mut run.setups) {
            if self.setups.get(&part) == Some(&setup) {
                continue;
            }
            let messages = setup.1.iter().map(|message| RecordedMessage {
                part,
                message: *message,
                at: performed.at,
                moment: performed.onset,
            });
            self.messages.extend(messages);
            self.setups.insert(part, setup);
        }
    }

    fn play(&mut self, run: &Run, source: EventId, play: &Play, performed: Performed) -> Beats {
        if let Some((part, channel)) = run.channels.get(&play.instrument) {
            let notes = play.keys.iter().map(|key| RecordedNote {
                source,
                part: *part,
                channel: *channel,
                key: *key,
                velocity: play.velocity,
                at: performed.at,
                length: play.length,
                onset: performed.onset,
                until: performed.until.max(performed.onset),
            });
            self.notes.extend(notes.map(|note| (self.place, note)));
        }
        play.length
    }

    fn control(&mut self, run: &Run, control: &Control, performed: Performed) -> Beats {
        if let Some((part, channel)) = run.channels.get(&control.instrument) {
            let whole = performed.until.since(performed.onset).as_nanos() as f64;
            for (after, controller, value) in control.course() {
                let share = match control.length > Beats::ZERO {
                    true => (after / control.length).as_f64(),
                    false => 0.0,
                };
                let nanos = performed.onset.0.saturating_add((whole * share) as u64);
                let sent = controller.messages(value, *channel);
                self.messages
                    .extend(sent.into_iter().map(|message| RecordedMessage {
                        part: *part,
                        message,
                        at: performed.at + after,
                        moment: Timestamp(nanos),
                    }));
            }
        }
        control.length
    }

    fn finish(mut self) -> Option<RecordedMusic> {
        let document = self.document?;
        let meters = match document.meters.is_constant() {
            true => document.meters,
            false => document
                .meters
                .starting_at(self.entered.unwrap_or_default()),
        };
        self.performed.sort_by_key(|one| (one.onset, one.at));
        let tempi = tempo_map(document.tempo, self.tempi, &self.performed);
        let sounds = self.sounds.notes(&tempi, meters, &self.performed);
        let cuts = &self.cuts;
        let notes = self.notes.into_iter().chain(sounds);
        let mut notes: Vec<_> = notes
            .filter_map(|(place, note)| cuts.apply(place, note))
            .collect();
        if notes.is_empty() {
            return None;
        }
        notes.sort_by_key(|note| (note.onset, note.at));
        self.messages
            .sort_by_key(|message| (message.moment, message.at));
        Some(RecordedMusic {
            title: document.name,
            meters,
            parts: self.parts,
            notes,
            messages: self.messages,
            tempi,
            performed: self.performed,
        })
    }
}

/// The channel of each instrument: the recorded one, unless an instrument of another port has it too.
fn channels(document: &Document, recorded: &BTreeMap<String, u8>) -> Vec<Channel> {
    let of = |instrument: &Instrument| {
        let channel = recorded.get(&instrument.name).copied();
        let channel = channel.and_then(Channel::from_part);
        channel.unwrap_or(instrument.channel)
    };
    let mut taken: Vec<_> = document.instruments.iter().map(of).collect();
    let mut given: Vec<(&Instrument, Channel)> = Vec::new();
    for instrument in &document.instruments {
        let channel = of(instrument);
        let is_elsewhere = given
            .iter()
            .any(|(other, theirs)| *theirs == channel && other.ports != instrument.ports);
        let mut others = Channel::parts().filter(|channel| !channel.is_drums());
        let free = match is_elsewhere && channel != Channel::DRUMS {
            true => others.find(|channel| !taken.contains(channel)),
            false => None,
        };
        taken.extend(free);
        given.push((instrument, free.unwrap_or(channel)));
    }
    given.into_iter().map(|(_, channel)| channel).collect()
}

fn tempo_map(
    written: Tempo,
    mut changes: Vec<(SetTempo, Performed)>,
    performed: &[Stretch],
) -> TempoMap {
    let mut map = TempoMap::new(pace::first_tempo(written, performed));
    changes.sort_by_key(|(_, performed)| performed.at);
    for (change, performed) in changes {
        let Some(target) = Tempo::new(change.bpm) else {
            continue;
        };
        let before = map.tempo_at(performed.at);
        map.change(&tempi(performed.at, before, target, &change));
    }
    pace::add_foreign_changes(&mut map, performed);
    map
}
