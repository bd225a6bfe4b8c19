//! Kills processes that keep books, at every step and at random instants, and prints what they were at. `torture [KILLS]`.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "it prints, and a panic is how it fails")]

use std::time::Instant;

use comfy_table::Table;
use end_to_end::Books;
use end_to_end::torture::{
    FleetReport, FleetSize, KillReport, kill_at_every_step, kill_at_random, run_child, run_fleet, run_worker,
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
    for books in [Books::InSqlite, Books::InPostgres] {
        let begun = Instant::now();
        print(&format!("{books:?}, at every step"), &kill_at_every_step(books, &executable).await, begun);
        let begun = Instant::now();
        let report = kill_at_random(books, &executable, kills, 1).await;
        print(&format!("{books:?}, at random instants"), &report, begun);
    }
    let small = FleetSize { workers: 2, connections: 200, days: 5 };
    print_fleet("InSqlite", &run_fleet(Books::InSqlite, &executable, small, 1).await);
    let large = FleetSize { workers: 8, connections: 2_000, days: 3 };
    print_fleet("InPostgres", &run_fleet(Books::InPostgres, &executable, large, 1).await);
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
