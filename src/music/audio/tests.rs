//! The way to the loudspeaker, with a JACK server as the sound card.
//!
//! The device is chosen by the environment of the process, so the part that opens it runs in a
//! child: this test program again, asked for the one test named in [`child`].

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::*;
use crate::music::{Channel, Key, Patch, Velocity};

/// A process that ends with the test.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        // Asked, not killed: a killed jackd leaves its entry among the eight that a system has.
        let asked = Command::new("sh")
            .args(["-c", &format!("kill {}", self.0.id())])
            .status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.0.kill();
        }
        let _ = self.0.wait();
    }
}

/// Runs one of the ignored tests below in a process that knows only the JACK server `server`.
fn child(test: &str, server: &str) -> Guard {
    let program = std::env::current_exe().unwrap();
    Guard(
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

/// Reads what the child says up to a line that holds `word`.
fn hear(lines: &mut impl Iterator<Item = std::io::Result<String>>, word: &str) -> String {
    let mut heard = String::new();
    for line in lines {
        let line = line.unwrap();
        heard.push_str(&line);
        heard.push('\n');
        if line.contains(word) {
            return line;
        }
    }
    panic!("the child never said {word:?}, only: {heard}");
}

/// In the child: plays the A above middle C until the device is lost.
#[test]
#[ignore = "a part of another test"]
fn play_until_lost() {
    let (output, mut handle) = match AudioOutput::open() {
        Ok(opened) => opened,
        Err(error) => return println!("error: {error}"),
    };
    println!("open at {}", output.sample_rate());
    let (channel, key) = (Channel::from_number(1).unwrap(), Key::new(69).unwrap());
    handle.send(
        Instant::now(),
        Message::Program(channel, Patch::Organ.program()),
    );
    handle.send(
        Instant::now(),
        Message::NoteOn(channel, key, Velocity::default()),
    );
    let begin = Instant::now();
    let mut told = false;
    while output.alive() && begin.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(20));
        let peak = output.take_peak();
        if !told && peak > 0.05 {
            told = true;
            println!("sounding after {:?}", output.latency());
        }
    }
    println!("alive: {}", handle.alive());
    println!(
        "sent: {}",
        handle.send(Instant::now(), Message::NoteOff(channel, key))
    );
}

/// In the child: opens, and says why it could not.
#[test]
#[ignore = "a part of another test"]
fn say_why_not() {
    match AudioOutput::open() {
        Ok((output, _)) => println!("open: {}", output.device()),
        Err(error) => println!("error: {error}"),
    }
}

#[test]
#[cfg(target_os = "linux")]
fn no_device_is_a_sentence_and_not_a_panic() {
    let mut child = child("say_why_not", "fermata-nobody");
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let line = hear(&mut lines, "error:");
    assert!(line.contains("No audio device was found"), "{line}");
    assert!(child.0.wait().unwrap().success());
    let chatter = std::io::read_to_string(child.0.stderr.take().unwrap()).unwrap();
    assert!(!chatter.contains("ALSA lib"), "{chatter}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_note_reaches_the_sound_card_at_its_pitch_and_a_lost_card_is_noticed() {
    let server = format!("fermata-{}", std::process::id());
    let jackd = Command::new("jackd")
        .args([
            "-n", &server, "-r", "-d", "dummy", "-r", "48000", "-p", "256",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(jackd) = jackd else {
        println!("skipped: jackd is not installed");
        return;
    };
    let jackd = Guard(jackd);
    let deadline = Instant::now() + Duration::from_secs(10);
    let up = || {
        Command::new("jack_lsp")
            .env("JACK_DEFAULT_SERVER", &server)
            .output()
            .is_ok_and(|out| String::from_utf8_lossy(&out.stdout).contains("system:playback_1"))
    };
    while !up() {
        assert!(Instant::now() < deadline, "jackd did not come up");
        std::thread::sleep(Duration::from_millis(100));
    }

    let mut child = child("play_until_lost", &server);
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    assert!(hear(&mut lines, "open at").contains("48000"));
    hear(&mut lines, "sounding");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("heard.wav");
    let recorded = Command::new("jack_rec")
        .args(["-f".as_ref(), file.as_os_str()])
        .args([
            "-d",
            "1",
            "-b",
            "16",
            &format!("cpal_client_{}_out:out_0", child.0.id()),
        ])
        .env("JACK_DEFAULT_SERVER", &server)
        .output()
        .unwrap();
    assert!(recorded.status.success(), "{recorded:?}");
    let heard: Vec<f32> = hound::WavReader::open(&file)
        .unwrap()
        .into_samples::<i16>()
        .map(|sample| f32::from(sample.unwrap()) / 32_768.0)
        .collect();
    assert!(heard.len() > 24_000);
    assert!(heard.iter().fold(0.0_f32, |peak, s| peak.max(s.abs())) > 0.05);
    let loudest = (380..520)
        .max_by(|&a, &b| strength(&heard, a).total_cmp(&strength(&heard, b)))
        .unwrap();
    assert!((438..=442).contains(&loudest), "{loudest} Hz");

    drop(jackd);
    assert!(hear(&mut lines, "alive:").contains("false"));
    assert!(hear(&mut lines, "sent:").contains("false"));
}

/// How strong a frequency is in a recording of 48,000 frames a second.
fn strength(sound: &[f32], hertz: u32) -> f32 {
    let step = std::f32::consts::TAU * hertz as f32 / 48_000.0;
    let (mut re, mut im) = (0.0, 0.0);
    for (index, sample) in sound.iter().take(24_000).enumerate() {
        re += sample * (step * index as f32).cos();
        im += sample * (step * index as f32).sin();
    }
    re.hypot(im)
}
