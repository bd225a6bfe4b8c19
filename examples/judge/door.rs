//! Lines in, lines out.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;

use crate::Judgement;
use crate::case::{Answer, Fault};

/// The longest line that is read; what is longer is passed over, so that memory stays bounded.
pub(crate) const LINE_MAX: u64 = 1 << 30;

/// How it went.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Lines that hold something.
    pub(crate) cases: u64,
    /// Those among them that could not be judged.
    pub(crate) bad: u64,
}

#[derive(Serialize)]
struct Refusal<'a> {
    error: String,
    line: u64,
    field: Option<&'a str>,
}

/// Answers every line of the input with one line of the output, in order. What is answered is written out before the input
/// keeps the door waiting, so a program at the other end may wait for each answer in turn.
pub(crate) fn answer_lines(
    judgement: Judgement,
    input: impl Read,
    output: &mut impl Write,
    line_max: u64,
) -> io::Result<Tally> {
    let mut input = BufReader::with_capacity(1 << 16, input);
    let mut tally = Tally::default();
    let mut line = Vec::new();
    for number in 1_u64.. {
        if !input.buffer().contains(&b'\n') {
            output.flush()?;
        }
        line.clear();
        if (&mut input).take(line_max).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let whole = line.ends_with(b"\n") || u64::try_from(line.len()).is_ok_and(|length| length < line_max);
        if !whole {
            input.skip_until(b'\n')?;
        }
        if whole && line.trim_ascii().is_empty() {
            continue;
        }
        tally.cases += 1;
        let answered = if whole { judge(judgement, &line) } else { Err(too_long(line_max)) };
        let text = answered.or_else(|fault| {
            tally.bad += 1;
            refusal(number, &fault)
        })?;
        output.write_all(text.as_bytes())?;
        output.write_all(b"\n")?;
    }
    output.flush()?;
    Ok(tally)
}

fn judge(judgement: Judgement, line: &[u8]) -> Result<String, Fault> {
    let text = std::str::from_utf8(line).map_err(|error| {
        Fault::of_line(format!("is not UTF-8, from byte {} of the line on", error.valid_up_to() + 1))
    })?;
    // Some editors begin a file with a mark that is no part of its text.
    let text = text.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']);
    guarded(|| judgement.judge(text))
}

/// A fault of ours costs one line, not the lines after it.
pub(crate) fn guarded(judge: impl FnOnce() -> Answer) -> Answer {
    // Nothing outlives a judgement, so nothing half done can be seen afterwards.
    let fault = |_| Fault::of_line("an internal fault; please report this line");
    catch_unwind(AssertUnwindSafe(judge)).map_err(fault)?
}

fn too_long(line_max: u64) -> Fault {
    Fault::of_line(format!("has more than {line_max} bytes"))
}

fn refusal(line: u64, fault: &Fault) -> io::Result<String> {
    let field = fault.field.as_deref();
    let place = field.map_or_else(String::new, |field| format!("{field}: "));
    let error = format!("line {line}: {place}{}", fault.message);
    Ok(serde_json::to_string(&Refusal { error, line, field })?)
}
