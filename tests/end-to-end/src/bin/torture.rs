//! Kills processes that keep books, at every step and at random instants, and prints what they were at. `torture [KILLS]`.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "it prints, and a panic is how it fails")]

use std::time::Instant;

use comfy_table::Table;
use end_to_end::torture::{
    FleetReport, FleetSize, KillReport, Place, kill_at_every_step, kill_at_random, run_child, run_fleet,
    run_worker,
};

/// Kills at random instants unless told otherwise.
const KILLS: u32 = 1_000;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((first, rest)) if first == "child" => return run_child(rest).await,
        Some((first, rest)) if first == "worker" => return run_worker(rest).await,
        _ => {}
    }
    let kills = arguments.first().map_or(KILLS, |kills| kills.parse().unwrap());
    let executable = std::env::current_exe().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let number = std::sync::atomic::AtomicU32::new(0);
    let new_place = || async {
        let number = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Place::Sqlite(folder.path().join(format!("books-{number}.db")))
    };
    let begun = Instant::now();
    print("SQLite, at every step", &kill_at_every_step(new_place, &executable).await, begun);
    let begun = Instant::now();
    let place = new_place().await;
    print("SQLite, at random instants", &kill_at_random(&place, &executable, kills, 1).await, begun);
    let size = FleetSize { workers: 2, connections: 200, days: 5 };
    print_fleet("SQLite", &run_fleet(&new_place().await, &executable, size, 1).await);
}

fn print_fleet(title: &str, report: &FleetReport) {
    let FleetSize { workers, connections, days } = report.size;
    println!(
        "\n{title}: {workers} worker processes, {connections} connections, {days} days in {:.0?}",
        report.took
    );
    let mut table = Table::new();
    table.add_row(["updates applied", &report.applied.to_string()]);
    table.add_row(["attempts overtaken by another process", &report.superseded.to_string()]);
    table.add_row(["workers killed", &report.killed.to_string()]);
    table.add_row(["rows, each added once", &report.rows.to_string()]);
    table.add_row(["most connections due later and begun earlier", &report.overtaken.to_string()]);
    table.add_row(["mean wait", &format!("{:.1?}", report.mean_wait)]);
    table.add_row(["longest wait", &format!("{:.1?}", report.longest_wait)]);
    println!("{table}");
}

fn print(title: &str, report: &KillReport, begun: Instant) {
    let mut table = Table::new();
    table.set_header(["killed at", "times", "outcome"]);
    for (at, times) in &report.kills {
        table.add_row([at.as_str(), &times.to_string(), "sound"]);
    }
    println!("\n{title}: {} kills in {:.0?}", report.total(), begun.elapsed());
    if report.rows > 0 {
        println!(
            "{} rows, {} events, {} audit entries in the end",
            report.rows, report.events, report.entries
        );
    }
    println!("{table}");
}
