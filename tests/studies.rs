//! The studies, small scores that fit on a slide: the notes as written, in time, the same every time.
#![cfg(feature = "instrument")]

#[path = "common/mod.rs"]
mod common;

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use common::simulation::Simulation;
use fermata::{
    conductor::Looping,
    engine::{InstanceId, Status},
    music::{Bank, Beats, Journal, Recorder},
    score::{Document, PhraseContext, Task, TaskKind, Variables, load, pattern::Seed},
};
use midly::{MetaMessage, MidiMessage, Smf, TrackEventKind};
use serde_json::{Value, json};

const STUDIES: [&str; 6] = [
    "arpeggio",
    "four-voices",
    "rounds",
    "answer",
    "missed-strokes",
    "loose-cable",
];
/// Ticks of a bar of four beats.
const BAR: i64 = 4 * 960;

/// An onset: instrument, tick, key, velocity.
type Onset = (String, i64, u8, u8);

fn score(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scores/studies/{name}.yaml"))
}

fn document(name: &str) -> Document {
    load(&score(name), &Bank::new()).unwrap_or_else(|errors| panic!("{errors}"))
}

/// A recording, as another program reads it.
struct Recording {
    onsets: Vec<Onset>,
    seconds: f64,
}

impl Recording {
    fn read(bytes: &[u8]) -> Self {
        let file = Smf::parse(bytes).unwrap();
        let (mut onsets, mut end, mut beat) = (Vec::new(), 0, 0.0);
        for track in &file.tracks {
            let (mut at, mut name) = (0, String::new());
            let mut sounding: HashMap<(u8, u8), u32> = HashMap::new();
            for event in track {
                at += i64::from(event.delta.as_int());
                match event.kind {
                    TrackEventKind::Meta(MetaMessage::TrackName(text)) => {
                        name = String::from_utf8(text.to_vec()).unwrap();
                    }
                    TrackEventKind::Meta(MetaMessage::Tempo(micros)) => {
                        beat = f64::from(micros.as_int()) / 1e6;
                    }
                    TrackEventKind::Midi { channel, message } => match message {
                        MidiMessage::NoteOn { key, vel } if vel > 0 => {
                            onsets.push((name.clone(), at, key.as_int(), vel.as_int()));
                            *sounding
                                .entry((channel.as_int(), key.as_int()))
                                .or_default() += 1;
                        }
                        MidiMessage::NoteOff { key, .. } => {
                            sounding.remove(&(channel.as_int(), key.as_int()));
                            end = end.max(at);
                        }
                        _ => {}
                    },
                    _ => {}
                }
            }
            assert!(
                sounding.is_empty(),
                "{name} leaves notes sounding: {sounding:?}"
            );
        }
        onsets.sort();
        Self {
            onsets,
            seconds: end as f64 / 960.0 * beat,
        }
    }

    fn of(&self, instrument: &str) -> Vec<Onset> {
        of(&self.onsets, instrument)
    }
}

fn of(onsets: &[Onset], instrument: &str) -> Vec<Onset> {
    let own = onsets.iter().filter(|onset| onset.0 == instrument);
    own.cloned().collect()
}

/// Reads a score as a musician does: one line after the other, counting beats.
struct Reader<'a> {
    document: &'a Document,
    /// Whether the hall answers, wait by wait; a wait beyond the list is not answered.
    answers: std::slice::Iter<'a, bool>,
    times: HashMap<String, u64>,
    onsets: Vec<Onset>,
}

impl<'a> Reader<'a> {
    fn read(document: &'a Document, answers: &'a [bool]) -> Vec<Onset> {
        let mut reader = Self {
            document,
            answers: answers.iter(),
            times: HashMap::new(),
            onsets: Vec::new(),
        };
        let mut data = json!({});
        reader.list(&document.tasks, Beats::ZERO, &mut data, &Variables::new());
        reader.onsets.sort();
        reader.onsets
    }

    fn list(&mut self, tasks: &[Task], at: Beats, data: &mut Value, known: &Variables) -> Beats {
        let next = |at, task| self.task(task, at, data, known);
        tasks.iter().fold(at, next)
    }

    /// Where the music is after a task.
    fn task(&mut self, task: &Task, at: Beats, data: &mut Value, known: &Variables) -> Beats {
        let skipped = |c: &fermata::score::Expression| !c.holds(data, known).unwrap();
        if task.condition.as_ref().is_some_and(skipped) {
            return at;
        }
        match &task.kind {
            TaskKind::Set(template) => {
                *data = template.evaluate(data, known).unwrap();
                at
            }
            TaskKind::For(each) => {
                let items = each.each_in.evaluate(data, known).unwrap();
                let rounds = items.as_array().unwrap().iter().enumerate();
                rounds.fold(at, |at, (index, item)| {
                    let known = known.clone().with(&each.each, item.clone());
                    let known = known.with(&each.at, json!(index));
                    self.list(&each.tasks, at, data, &known)
                })
            }
            TaskKind::Fork(fork) => {
                let branches = fork.branches.iter();
                let ends = branches.map(|branch| self.task(branch, at, data, known));
                ends.max().unwrap()
            }
            TaskKind::Try(tried) => {
                let waits = matches!(tried.tasks[0].kind, TaskKind::Listen(_));
                match (waits, &tried.catch.tasks) {
                    (false, _) => self.list(&tried.tasks, at, data, known),
                    (true, _) if self.answers.next() == Some(&true) => {
                        self.list(&tried.tasks[1..], at, data, known)
                    }
                    (true, Some(alternative)) => self.list(alternative, at, data, known),
                    (true, None) => panic!("the wait has no alternative"),
                }
            }
            TaskKind::Play(play) => {
                let mut at = at;
                let instrument = play.instrument.get(data, known).unwrap();
                for _ in 0..play.repeat(data, known).unwrap() {
                    let time = self.times.entry(task.pointer.clone()).or_default();
                    let context = PhraseContext {
                        meters: self.document.meters,
                        at: fermata::music::Beat::ZERO,
                        tempo: self.document.tempo,
                        cycle: *time,
                        // Nothing in the studies is left to chance.
                        seed: Seed::new(0),
                    };
                    let phrase = play.phrase(&context, &instrument, data, known).unwrap();
                    *time += 1;
                    for chord in phrase.chords {
                        let who = &instrument.name;
                        let tick = (at + chord.at).to_ticks(960);
                        let keys = chord.keys.iter();
                        let velocity = chord.velocity.number();
                        let onset =
                            |key: &fermata::music::Key| (who.clone(), tick, key.number(), velocity);
                        self.onsets.extend(keys.map(onset));
                    }
                    at = at + phrase.length;
                }
                at
            }
            other => panic!("studies have no {other:?}"),
        }
    }
}

/// Performs a score with the built program and gives the recording; with `wav`, sounding too.
fn perform(name: &str, folder: &Path, wav: Option<&Path>) -> Vec<u8> {
    let midi = folder.join("a.mid");
    let mut program = Command::new(env!("CARGO_BIN_EXE_fermata"));
    program.args([
        "play", "--force", "--store", ":memory:", "--clock", "virtual",
    ]);
    program.arg("--record").arg(&midi).arg(score(name));
    if let Some(wav) = wav {
        program.arg("--render").arg(wav);
    }
    let output = program.output().unwrap();
    assert!(output.status.success(), "{name}: {output:?}");
    fs::read(midi).unwrap()
}

fn recording(name: &str) -> Recording {
    let folder = tempfile::tempdir().unwrap();
    Recording::read(&perform(name, folder.path(), None))
}

/// The root mean square of each tenth of a second, in dBFS, and the largest sample.
fn loudness(wav: &Path) -> (Vec<f64>, f64) {
    let mut file = hound::WavReader::open(wav).unwrap();
    let full = f64::from(1 << 23);
    let samples: Vec<f64> = file
        .samples::<i32>()
        .map(|sample| f64::from(sample.unwrap()) / full)
        .collect();
    let levels = samples.chunks_exact(9_600).map(|part| {
        let energy = part.iter().map(|s| s * s).sum::<f64>() / part.len() as f64;
        10.0 * energy.max(1e-12).log10()
    });
    let peak = samples.iter().fold(0.0_f64, |peak, s| peak.max(s.abs()));
    (levels.collect(), peak)
}

#[test]
fn a_performance_is_reproducible_and_sounds_well() {
    for name in STUDIES {
        let folder = tempfile::tempdir().unwrap();
        let wav = folder.path().join("a.wav");
        let first = perform(name, folder.path(), Some(&wav));
        let again = perform(name, folder.path(), None);
        assert!(first == again, "{name} differs from run to run");
        let seconds = Recording::read(&first).seconds;
        assert!((20.0..60.0).contains(&seconds), "{name} lasts {seconds} s");

        let (levels, peak) = loudness(&wav);
        assert!(peak < 0.892, "{name} is louder than -1 dBFS: {peak}");
        let playing: Vec<f64> = levels.iter().copied().filter(|l| *l > -45.0).collect();
        let energy = playing.iter().map(|l| 10_f64.powf(l / 10.0)).sum::<f64>();
        let mean = 10.0 * (energy / playing.len() as f64).log10();
        println!("{name}: {seconds:.1} s, {mean:.1} dBFS, peak {peak:.2}");
        assert!(
            (-20.5..-15.5).contains(&mean),
            "{name} plays at {mean} dBFS"
        );
        let music = &levels[..(seconds * 10.0) as usize];
        let silent = music.split(|level| *level > -50.0).map(<[f64]>::len).max();
        assert!(
            silent < Some(15),
            "{name} is silent for {silent:?} tenths of a second"
        );
    }
}

#[test]
fn studies_are_played_exactly_to_the_tick() {
    for name in ["arpeggio", "four-voices", "rounds", "answer"] {
        let document = document(name);
        let written = Reader::read(&document, &[]);
        assert!(written.len() > 40, "{name}");
        assert_eq!(recording(name).onsets, written, "{name}");
    }
}

#[test]
fn the_band_keeps_playing_while_the_drummer_retries_and_all_end_together() {
    let document = document("missed-strokes");
    let (written, played) = (Reader::read(&document, &[]), recording("missed-strokes"));
    for who in ["bass", "piano"] {
        assert_eq!(played.of(who), of(&written, who), "{who}");
    }
    // He fails in bar 3, and one, two and four bars later he tries again.
    let knocks: Vec<i64> = played.of("wood").iter().map(|o| o.1).collect();
    assert_eq!(knocks, [2 * BAR, 3 * BAR, 5 * BAR]);
    // The same strokes as written, bar by bar; only in which bars is up to his troubles.
    let bars = |onsets: &[Onset]| {
        let mut bars: BTreeMap<i64, Vec<(i64, u8, u8)>> = BTreeMap::new();
        for (_, tick, key, velocity) in onsets {
            let strokes = bars.entry(tick / BAR + 1).or_default();
            strokes.push((tick % BAR, *key, *velocity));
        }
        bars
    };
    let (written, played) = (bars(&of(&written, "drums")), bars(&played.of("drums")));
    assert_eq!(
        played.keys().copied().collect::<Vec<_>>(),
        [1, 2, 10, 11, 12, 13, 14, 15, 16, 17, 18]
    );
    let strokes = |bars: BTreeMap<_, _>| bars.into_values().collect::<Vec<_>>();
    assert_eq!(strokes(played), strokes(written));
}

#[test]
fn a_pulled_cable_costs_three_bars_and_no_note() {
    let document = document("loose-cable");
    let (written, played) = (Reader::read(&document, &[]), recording("loose-cable"));
    for who in ["bass", "strings", "drums"] {
        let own = played.of(who);
        assert!(!own.is_empty());
        // Their last bars wait for the lead, who is three bars behind what is written.
        assert_eq!(own, of(&written, who), "{who}");
    }
    let late = |(who, tick, key, velocity): Onset| {
        let behind = if (4 * BAR..9 * BAR).contains(&tick) {
            3 * BAR
        } else {
            0
        };
        (who, tick + behind, key, velocity)
    };
    let expected: Vec<Onset> = of(&written, "lead").into_iter().map(late).collect();
    assert_eq!(played.of("lead"), expected);
}

/// Performs `call-and-response` and answers where the hall does.
fn with_answers(answers: &[bool]) -> Recording {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mid");
    let document = document("answer");
    // A verse takes five bars; the wait begins with beat 7.
    let beat = document.tempo.beat_nanos() / 1e9;
    let moments = answers.iter().enumerate().filter(|(_, answer)| **answer);
    let moments: Vec<f64> = moments
        .map(|(n, _)| beat * (20.0 * n as f64 + 9.0))
        .collect();
    let mut journal = Journal::new();
    let recorder = Recorder::create(&path, "answers", journal.names()).unwrap();
    journal.add(Box::new(recorder));
    let simulation = Simulation {
        journal,
        looping: Looping::Endless,
        ..Simulation::default()
    };
    simulation.run(async |conductor| {
        let mut feed = conductor.engine().subscribe().await.unwrap();
        let id = InstanceId::new("a").unwrap();
        let begun = tokio::time::Instant::now();
        conductor
            .perform(&document, Some(id.clone()), json!({}))
            .await
            .unwrap();
        for moment in moments {
            tokio::time::sleep_until(begun + Duration::from_secs_f64(moment)).await;
            conductor.raise(&id, "answer", json!({})).await.unwrap();
        }
        let end = feed.until_closed(&id).await.unwrap();
        assert_eq!(end.status, Status::Completed);
        conductor.player().until_silent().await;
    });
    Recording::read(&fs::read(path).unwrap())
}

#[test]
fn an_event_from_the_audience_is_answered_by_the_choir() {
    let document = document("answer");
    for answers in [[true, true, true], [false, true, false]] {
        let played = with_answers(&answers);
        assert_eq!(
            played.onsets,
            Reader::read(&document, &answers),
            "{answers:?}"
        );
        assert!(
            (20.0..55.0).contains(&played.seconds),
            "{} s",
            played.seconds
        );
    }
}

#[test]
fn a_score_fits_on_a_slide_and_its_title_on_a_lane() {
    for name in STUDIES {
        let document = document(name);
        assert!(document.source.lines().count() < 60, "{name}");
        assert!(document.title.chars().count() <= 16, "{}", document.title);
        assert!(
            document.summary.chars().count() <= 50,
            "{}",
            document.summary
        );
    }
}
