//! The real program in a real window on a virtual screen: how soon it shows something, what it takes, and
//! how often it paints while nothing moves.

use std::{
    error::Error,
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread::sleep,
    time::{Duration, Instant},
};

use fermata::{
    conductor::{Conductor, Looping, Outputs, Secrets, Setup},
    engine::{Clock, CrashCause, InstanceId, Limits, Recovery, RedbStore, Timestamp},
    music::{Bank, Journal, Null, Player},
};
use serde_json::json;

use super::common::table::{Requirement::AtMost, Table};

/// Instances of the store, and notes of each: three events a note.
const INSTANCES: usize = 50;
const NOTES: usize = 417 * 16;
/// How long the music takes, and more.
const LENGTH: Duration = Duration::from_secs(2_400);
/// How long the program gets to show its first picture.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long it gets to settle, and how long it is watched then.
const SETTLED: Duration = Duration::from_secs(4);
const WATCHED: Duration = Duration::from_secs(5);

/// Measures the program with a million events, and while nothing moves; says so if there is no virtual
/// screen.
pub fn measure(table: &mut Table) -> Result<(), Box<dyn Error>> {
    let Some(screen) = Screen::open()? else {
        eprintln!("the first picture, memory and idle frames are not measured: there is no Xvfb");
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let million = folder.path().join("million.redb");
    perform(&million, &notes(), INSTANCES)?;
    let mut program = screen.start(folder.path(), &million)?;
    let first = program.until("window open")?;
    let lanes = program.until("first picture")?;
    sleep(SETTLED);
    let memory = program.memory()?;
    drop(program);
    table
        .row(
            "1,000,000 events in the store: process start to first picture",
            first,
            "ms",
        )
        .value_is(AtMost(1_000.0));
    table.row(
        "1,000,000 events in the store: process start to the first lanes",
        lanes,
        "ms",
    );
    table
        .row(
            "1,000,000 events in the store: memory at its highest",
            memory,
            "MB",
        )
        .value_is(AtMost(600.0));
    let wait = folder.path().join("wait.redb");
    perform(&wait, "- wait: { wait: { minutes: 50 } }", 1)?;
    let empty = folder.path().join("empty.redb");
    for (name, store, most) in [
        ("nothing plays: frames a second", empty, 0.0),
        ("a long wait: frames a second", wait, 1.0),
    ] {
        let mut program = screen.start(folder.path(), &store)?;
        program.until("first picture")?;
        let frames = program.frames_a_second()?;
        table.row(name, frames, "").value_is(AtMost(most));
    }
    Ok(())
}

/// Tasks that play notes, then wait for what never comes.
fn notes() -> String {
    format!(
        "- music:\n    for: {{ each: n, in: '${{ [range({})] }}' }}\n    do:\n    - notes: \
         {{ call: play, with: {{ instrument: piano, pattern: 'c4*16' }} }}\n\
         - rest: {{ listen: {{ to: {{ one: {{ with: {{ type: never }} }} }} }} }}",
        NOTES / 16
    )
}

/// Lets so many instances perform these tasks in simulated time, for as long as something moves, and leaves
/// them open.
fn perform(store: &Path, tasks: &str, instances: usize) -> Result<(), Box<dyn Error>> {
    let tasks = tasks.replace('\n', "\n  ");
    let text = format!(
        "document: {{ dsl: 1.0.3, namespace: bench, name: piece, version: 1.0.0, \
         metadata: {{ fermata: {{ instruments: {{ piano: {{ patch: piano }} }} }} }} }}\n\
         do:\n  {tasks}\n"
    );
    let document = fermata::score::parse(&text, "piece.yaml")?;
    let store = Arc::new(RedbStore::create(store)?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let (player, simulation) = Player::simulated(Journal::new());
        let playing = tokio::task::spawn_local(simulation.run());
        let setup = Setup {
            store,
            recovery: Recovery::Nothing,
            player,
            synth: Box::new(Null),
            bank: Bank::new(),
            outputs: Outputs::BuiltInOnly,
            only_port: None,
            secrets: Secrets::default(),
            looping: Looping::Once,
            listening: None,
            limits: Limits::default(),
            crash: CrashCause::default(),
            remote: None,
        };
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
        // They ended a moment ago.
        let begin = Timestamp((now - LENGTH).as_nanos() as u64);
        let conductor = Conductor::simulated(setup, Clock::starting_at(begin)).await?;
        for instance in 0..instances {
            let id = InstanceId::new(format!("piece-{instance}"))?;
            conductor.perform(&document, Some(id), json!({})).await?;
        }
        tokio::time::sleep(LENGTH).await;
        conductor.close().await?;
        drop(conductor);
        playing.await??;
        Ok(())
    })
}

/// A virtual screen.
struct Screen {
    xvfb: Child,
    display: String,
}

impl Screen {
    fn open() -> Result<Option<Self>, Box<dyn Error>> {
        let xvfb = Command::new("Xvfb")
            .args([
                "-noreset",
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1920x1080x24",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut xvfb) = xvfb else {
            return Ok(None);
        };
        let mut number = String::new();
        if let Some(output) = xvfb.stdout.take() {
            BufReader::new(output).read_line(&mut number)?;
        }
        let display = format!(":{}", number.trim());
        Ok(Some(Self { xvfb, display }))
    }

    fn start(&self, folder: &Path, store: &Path) -> Result<Program, Box<dyn Error>> {
        let log = folder.join("log");
        let started = Instant::now();
        let process = Command::new(env!("CARGO_BIN_EXE_fermata"))
            .arg("--store")
            .arg(store)
            .args(["--renderer", "glow"])
            .env("DISPLAY", &self.display)
            .env("XDG_DATA_HOME", folder)
            .env("RUST_LOG", "fermata::stage=trace")
            .env_remove("WAYLAND_DISPLAY")
            .stderr(File::create(&log)?)
            .spawn()?;
        Ok(Program {
            process,
            started,
            log,
        })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        end(&mut self.xvfb);
    }
}

/// The running program.
struct Program {
    process: Child,
    started: Instant,
    log: PathBuf,
}

impl Program {
    /// Waits for a line of the log; the time since the start, in milliseconds.
    fn until(&mut self, line: &str) -> Result<f64, Box<dyn Error>> {
        while self.started.elapsed() < PATIENCE {
            if fs::read_to_string(&self.log)?.contains(line) {
                return Ok(self.started.elapsed().as_secs_f64() * 1e3);
            }
            if let Some(ended) = self.process.try_wait()? {
                return Err(format!("the program ended: {ended}").into());
            }
            sleep(Duration::from_millis(2));
        }
        Err("the program shows nothing".into())
    }

    /// The most memory it had so far, in MB.
    fn memory(&self) -> Result<f64, Box<dyn Error>> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB"));
        let kilobytes: f64 = kilobytes.ok_or("no VmHWM")?.trim().parse()?;
        Ok(kilobytes * 1024.0 / 1e6)
    }

    fn frames_a_second(&self) -> Result<f64, Box<dyn Error>> {
        sleep(SETTLED);
        let before = self.frames()?;
        sleep(WATCHED);
        Ok((self.frames()? - before) as f64 / WATCHED.as_secs_f64())
    }

    fn frames(&self) -> Result<usize, Box<dyn Error>> {
        let log = fs::read_to_string(&self.log)?;
        Ok(log.lines().filter(|line| line.contains(" frame ")).count())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

fn end(process: &mut Child) {
    // If it has ended by itself, there is nothing left to do.
    let _ = process.kill();
    let _ = process.wait();
}
