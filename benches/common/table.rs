//! A table of measured figures, each beside what the machine itself could do and what is required.

use std::{fs, process::ExitCode};

use serde_json::{Map, Value, json};

/// Where the figures are written as JSON, if it is set.
const JSON_PATH: &str = "FERMATA_BENCH_JSON";

/// Measured figures in the order they came.
#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
}

/// A measured figure.
pub struct Row {
    name: String,
    value: f64,
    unit: &'static str,
    limit: Option<Limit>,
    required: Option<(Subject, Requirement)>,
}

/// What the machine itself could do, measured in the same run and the same unit.
struct Limit {
    value: f64,
    what: &'static str,
}

/// What a requirement is about.
enum Subject {
    Value,
    Ratio,
}

/// What a figure has to be.
#[derive(Clone, Copy)]
pub enum Requirement {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

impl Requirement {
    /// A figure that is no number meets nothing.
    fn is_met_by(self, figure: f64) -> bool {
        match self {
            Self::AtLeast(least) => figure >= least,
            Self::AtMost(most) => figure <= most,
        }
    }

    fn text(self) -> String {
        match self {
            Self::AtLeast(least) => format!(">= {}", number(least)),
            Self::AtMost(most) => format!("<= {}", number(most)),
        }
    }
}

impl Row {
    /// What the machine itself could do in this unit.
    pub fn limit(&mut self, value: f64, what: &'static str) -> &mut Self {
        self.limit = Some(Limit { value, what });
        self
    }

    /// What the figure has to be.
    pub fn value_is(&mut self, required: Requirement) -> &mut Self {
        self.required = Some((Subject::Value, required));
        self
    }

    /// What the figure has to be as a multiple of the limit.
    pub fn ratio_is(&mut self, required: Requirement) -> &mut Self {
        self.required = Some((Subject::Ratio, required));
        self
    }

    fn ratio(&self) -> Option<f64> {
        self.limit.as_ref().map(|limit| self.value / limit.value)
    }

    /// `None`: nothing is required.
    fn met(&self) -> Option<bool> {
        let (subject, requirement) = self.required.as_ref()?;
        let figure = match subject {
            Subject::Value => self.value,
            Subject::Ratio => self.ratio().unwrap_or(f64::NAN),
        };
        Some(requirement.is_met_by(figure))
    }

    fn required_text(&self) -> Option<String> {
        let (subject, requirement) = self.required.as_ref()?;
        Some(match subject {
            Subject::Value => format!("{} {}", requirement.text(), self.unit),
            Subject::Ratio => format!("{} x limit", requirement.text()),
        })
    }

    fn cells(&self) -> [String; 6] {
        let limit = self.limit.as_ref();
        [
            self.name.clone(),
            format!("{} {}", number(self.value), self.unit),
            limit.map_or(String::new(), |limit| {
                format!("{} {}", number(limit.value), limit.what)
            }),
            self.ratio().map_or(String::new(), number),
            self.required_text().unwrap_or_default(),
            match self.met() {
                Some(true) => "yes".to_owned(),
                Some(false) => "NO".to_owned(),
                None => String::new(),
            },
        ]
    }

    fn to_json(&self) -> Value {
        json!({
            "value": self.value,
            "unit": self.unit,
            "limit": self.limit.as_ref().map(|limit| json!({
                "value": limit.value,
                "what": limit.what,
            })),
            "ratio": self.ratio(),
            "required": self.required_text(),
            "met": self.met(),
        })
    }
}

impl Table {
    /// Adds a figure.
    pub fn row(&mut self, name: impl Into<String>, value: f64, unit: &'static str) -> &mut Row {
        let index = self.rows.len();
        self.rows.push(Row {
            name: name.into(),
            value,
            unit,
            limit: None,
            required: None,
        });
        &mut self.rows[index]
    }

    /// Prints the table and writes it where the environment asks for it. Failure: something that is
    /// required is not met, or the file could not be written.
    pub fn finish(self) -> ExitCode {
        self.print();
        if let Some(path) = std::env::var_os(JSON_PATH) {
            let rows = self.rows.iter();
            let rows: Map<_, _> = rows.map(|row| (row.name.clone(), row.to_json())).collect();
            if let Err(error) = fs::write(&path, format!("{:#}\n", Value::Object(rows))) {
                eprintln!("the figures could not be written to {path:?}: {error}");
                return ExitCode::FAILURE;
            }
        }
        if self.rows.iter().any(|row| row.met() == Some(false)) {
            eprintln!("not everything that is required was met");
            return ExitCode::FAILURE;
        }
        ExitCode::SUCCESS
    }

    fn print(&self) {
        let head = ["figure", "measured", "limit", "ratio", "required", "met"].map(str::to_owned);
        let lines: Vec<_> = std::iter::once(head)
            .chain(self.rows.iter().map(Row::cells))
            .collect();
        let widths: [usize; 6] = std::array::from_fn(|column| {
            let lengths = lines.iter().map(|line| line[column].chars().count());
            lengths.max().unwrap_or(0)
        });
        for line in lines {
            let cells: Vec<_> = line
                .iter()
                .zip(widths)
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            println!("{}", cells.join("  ").trim_end());
        }
    }
}

/// Three digits of a small number, all digits of the whole part of a great one.
fn number(n: f64) -> String {
    let decimals = match n.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{n:.decimals$}");
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let digits = whole.trim_start_matches('-');
    let mut grouped = whole[..whole.len() - digits.len()].to_owned();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) && n.is_finite() {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + fraction
}
