//! Audio output, with a JACK server as the sound card.
//!
//! The environment of the process selects the device, so the part that opens it runs in a child process:
//! this test program again, with only the test named in [`child`].

use std::io::{BufRead, BufReader, Read};
use std::ops::RangeInclusive;
use std::process::{Command, Output, Stdio};
use std::sync::{
    atomic::{AtomicBool, Ordering::Relaxed},
    mpsc,
};
use std::time::{Duration, Instant};

use self::jack_server::{Process, Server, ServerName};
use super::*;
use crate::music::{
    Bank, Beat, Channel, Key, Message, Nanos, Patch, PortId, Sent, Sink, Sound, SoundState,
    Velocity,
};

#[path = "../../../tests/common/jack_server.rs"]
mod jack_server;

/// How long anything may take. A JACK server that misbehaves fails a test but does not block it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The output of a short command, if it ends.
fn output(command: &mut Command, patience: Duration) -> Option<Output> {
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut asked = Process(command.spawn().ok()?);
    let status = asked.end(patience)?;
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    asked.0.stdout.take()?.read_to_end(&mut stdout).ok()?;
    asked.0.stderr.take()?.read_to_end(&mut stderr).ok()?;
    Some(Output {
        status,
        stdout,
        stderr,
    })
}

/// Runs one of the ignored tests below in a process that knows only the JACK server `server`.
fn child(test: &str, server: &str) -> Process {
    let program = std::env::current_exe().unwrap();
    Process(
        Command::new(program)
            .args([
                "--exact",
                &format!("music::audio::tests::{test}"),
                "--ignored",
                "--nocapture",
            ])
            .env("JACK_DEFAULT_SERVER", server)
            .env("ALSA_CONFIG_PATH", "/dev/null")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    )
}

/// The output of a child, line by line.
struct Lines(mpsc::Receiver<String>);

impl Lines {
    fn of(child: &mut Process) -> Self {
        let (tell, events) = mpsc::channel();
        let lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // The test may have heard enough.
                let _ = tell.send(line);
            }
        });
        Self(events)
    }

    /// Reads up to a line that contains `word`.
    fn hear(&mut self, word: &str) -> String {
        let mut heard = String::new();
        let begun = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(begun.elapsed());
            let Ok(line) = self.0.recv_timeout(left) else {
                panic!("within {PATIENCE:?} the child never said {word:?}, only: {heard}");
            };
            heard.push_str(&line);
            heard.push('\n');
            if line.contains(word) {
                return line;
            }
        }
    }
}

/// In the child: plays the A above middle C until the device is lost.
#[test]
#[ignore = "a part of another test"]
fn play_until_lost() {
    let (mut handle, line) = AudioLine::new(&Bank::new());
    let output = match AudioOutput::open(&line) {
        Ok(output) => output,
        Err(error) => return println!("error: {error}"),
    };
    println!("open at {}", output.sample_rate());
    let (channel, key) = (Channel::from_number(1).unwrap(), Key::new(69).unwrap());
    handle.send(
        Instant::now(),
        Message::Program(channel, Patch::ORGAN.program()),
    );
    handle.send(
        Instant::now(),
        Message::NoteOn(channel, key, Velocity::default()),
    );
    let begin = Instant::now();
    let mut is_reported = false;
    while output.alive() && begin.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(20));
        let peak = output.take_peak();
        if !is_reported && peak > 0.05 {
            is_reported = true;
            println!("sounding after {:?}", output.latency());
        }
    }
    println!("alive: {}", output.alive());
}

/// In the child: selects the organ once, then plays the A above middle C repeatedly and prints the state of
/// the device, until it has lost two. It ends cleanly: a process that is killed while it leaves a JACK server
/// may leave it locked.
#[test]
#[ignore = "a part of another test"]
fn play_on_whatever_comes() {
    let origin = Instant::now();
    let (sound, mut built_in) = Sound::open(origin, &Bank::new());
    let (channel, key) = (Channel::from_number(1).unwrap(), Key::new(69).unwrap());
    let mut send = |message| {
        let now = Nanos(u64::try_from(origin.elapsed().as_nanos()).unwrap());
        let sent = Sent {
            due: now,
            sent: now,
            beat: Beat::ZERO,
            port: PortId(0),
            part: None,
            lane: None,
            source: None,
            message,
        };
        // The virtual output is not there, and nobody minds.
        let _ = built_in.send(&sent);
    };
    send(Message::Program(channel, Patch::ORGAN.program()));
    let mut reported = None;
    let mut lost = 0;
    while lost < 2 && origin.elapsed() < Duration::from_secs(240) {
        let state = sound.state();
        if reported.as_ref() != Some(&state) {
            match &state {
                SoundState::Device { sample_rate, .. } => println!("open at {sample_rate}"),
                SoundState::Silent(why) => {
                    lost += usize::from(why.contains("was disconnected"));
                    println!("silent: {why}");
                }
            }
            reported = Some(state);
        }
        send(Message::NoteOn(channel, key, Velocity::default()));
        std::thread::sleep(Duration::from_millis(250));
        send(Message::NoteOff(channel, key));
    }
}

/// In the child: opens the device and closes it while many notes sound and other threads keep the machine
/// busy, so that the callback is under way most of the time.
#[test]
#[ignore = "a part of another test"]
fn close_again_and_again() {
    let bank = Bank::new();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        for _ in 0..20 {
            let (mut handle, line) = AudioLine::new(&bank);
            let Ok(_output) = AudioOutput::open(&line) else {
                break;
            };
            for key in 40..90 {
                let key = Key::new(key).unwrap();
                let on = Message::NoteOn(Channel::FIRST, key, Velocity::default());
                handle.send(Instant::now(), on);
            }
            std::thread::sleep(Duration::from_millis(60));
            println!("closing");
        }
        done.store(true, Relaxed);
    });
    println!("closed");
}

/// In the child: opens the device, and prints why that failed.
#[test]
#[ignore = "a part of another test"]
fn report_why_not() {
    match AudioOutput::open(&AudioLine::new(&Bank::new()).1) {
        Ok(output) => println!("open: {}", output.device()),
        Err(error) => println!("error: {error}"),
    }
}

#[test]
fn without_a_device_there_is_an_error_and_no_panic() {
    let mut child = child("report_why_not", "fermata-nobody");
    let mut lines = Lines::of(&mut child);
    let line = lines.hear("error:");
    assert!(line.contains("No audio device was found"), "{line}");
    assert!(child.end(PATIENCE).is_some_and(|end| end.success()));
    let chatter = std::io::read_to_string(child.0.stderr.take().unwrap()).unwrap();
    assert!(!chatter.contains("ALSA lib"), "{chatter}");
}

#[test]
fn a_note_reaches_the_sound_card_at_its_pitch_and_a_lost_card_is_noticed() {
    let server = ServerName::reserve();
    let Some(jackd) = sound_card(&server, 48_000) else {
        return;
    };
    let mut child = child("play_until_lost", server.as_str());
    let mut lines = Lines::of(&mut child);
    assert!(lines.hear("open at").contains("48000"));
    lines.hear("sounding");

    is_heard_at(438..=442, server.as_str(), child.0.id(), 48_000);

    drop(jackd);
    assert!(lines.hear("alive:").contains("false"));
}

#[test]
fn sound_resumes_on_a_device_that_appears_later_with_another_rate() {
    let server = ServerName::reserve();
    let mut child = child("play_on_whatever_comes", server.as_str());
    let mut lines = Lines::of(&mut child);
    lines.hear("silent: No audio device");
    for sample_rate in [48_000, 44_100] {
        let Some(jackd) = sound_card(&server, sample_rate) else {
            return;
        };
        assert!(lines.hear("open at").contains(&sample_rate.to_string()));
        is_heard_at(436..=444, server.as_str(), child.0.id(), sample_rate);
        drop(jackd);
        lines.hear("was disconnected");
    }
    assert!(child.end(PATIENCE).is_some_and(|end| end.success()));
    let chatter = std::io::read_to_string(child.0.stderr.take().unwrap()).unwrap();
    assert!(chatter.lines().count() < 12, "{chatter}");
}

/// libjack ends the thread of the callback wherever that is, and a thread that ends in Rust code ends the
/// program.
#[test]
fn closing_a_busy_device_does_not_crash_the_program() {
    let server = ServerName::reserve();
    let Some(_jackd) = sound_card(&server, 48_000) else {
        return;
    };
    let mut child = child("close_again_and_again", server.as_str());
    let mut lines = Lines::of(&mut child);
    lines.hear("closing");
    lines.hear("closed");
    assert!(child.end(PATIENCE).is_some_and(|end| end.success()));
}

/// A JACK server, once it runs; `None` if none is installed.
fn sound_card(name: &ServerName, sample_rate: u32) -> Option<Server> {
    let server = name.start(sample_rate)?;
    let begun = Instant::now();
    let up = || {
        let mut asked = Command::new("jack_lsp");
        let asked = asked.env("JACK_DEFAULT_SERVER", name.as_str());
        // `jack_lsp` hangs while the server does.
        let said = output(asked, Duration::from_secs(5));
        said.is_some_and(|said| String::from_utf8_lossy(&said.stdout).contains("system:playback_1"))
    };
    while !up() {
        if begun.elapsed() > PATIENCE {
            let (name, log) = (name.as_str(), server.into_log());
            panic!("the JACK server {name} did not come up within {PATIENCE:?}: {log}");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Some(server)
}

/// A process plays the A above middle C. A busy machine leaves gaps in a recording, which move its
/// strongest frequency: one of several must be right. A wrong sample rate moves all of them, by 8 %.
fn is_heard_at(pitch: RangeInclusive<u32>, server: &str, process: u32, sample_rate: u32) {
    let heard = || loudest(&capture(server, process)?, sample_rate);
    let mut wrong = Vec::new();
    while wrong.len() < 5 {
        let hertz = heard();
        if hertz.is_some_and(|hertz| pitch.contains(&hertz)) {
            return;
        }
        wrong.push(hertz);
    }
    panic!("{wrong:?} Hz");
}

/// A second of the output of a process; `None`: it could not be recorded.
fn capture(server: &str, process: u32) -> Option<Vec<f32>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("heard.wav");
    let port = format!("cpal_client_{process}_out:out_0");
    let recorded = output(
        Command::new("jack_rec")
            .args(["-f".as_ref(), file.as_os_str()])
            .args(["-d", "1", "-b", "16", &port])
            .env("JACK_DEFAULT_SERVER", server),
        PATIENCE,
    );
    recorded.filter(|recorded| recorded.status.success())?;
    let samples = hound::WavReader::open(&file).ok()?.into_samples::<i16>();
    let level = |sample: Result<i16, _>| Some(f32::from(sample.ok()?) / 32_768.0);
    samples.map(level).collect()
}

/// The strongest frequency around the A above middle C; `None`: too short, or too low to tell.
fn loudest(heard: &[f32], sample_rate: u32) -> Option<u32> {
    let peak = heard.iter().fold(0.0_f32, |peak, s| peak.max(s.abs()));
    if heard.len() <= 20_000 || peak <= 0.05 {
        return None;
    }
    let strength = |hertz| strength(heard, hertz, sample_rate);
    (380..520).max_by(|&a, &b| strength(a).total_cmp(&strength(b)))
}

/// The level of a frequency in a recording.
fn strength(sound: &[f32], hertz: u32, sample_rate: u32) -> f32 {
    let step = std::f32::consts::TAU * hertz as f32 / sample_rate as f32;
    let (mut re, mut im) = (0.0, 0.0);
    for (index, sample) in sound.iter().take(24_000).enumerate() {
        re += sample * (step * index as f32).cos();
        im += sample * (step * index as f32).sin();
    }
    re.hypot(im)
}
