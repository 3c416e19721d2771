//! A short run of the crash test, with a seed that meets every fault. `make crash` runs longer ones.

use serde_json::Value;
use std::process::{Command, Stdio};

#[test]
fn whatever_is_killed_every_acknowledged_event_is_counted_once() {
    let output = Command::new(env!("CARGO_BIN_EXE_crash"))
        .args(["--minutes", "0.5", "--seed", "7"])
        .stderr(Stdio::inherit())
        .output()
        .expect("the crash test starts");
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}");
    let report: Value = serde_json::from_str(&report).expect("it prints JSON");
    assert_eq!(report["exact"], true);
    let faults = report["survived"]["faults"].as_object().expect("it tells the faults");
    let survived: u64 = faults.values().filter_map(Value::as_u64).sum();
    assert!(survived >= 4, "only {survived} faults were survived: {report}");
    let acknowledged = report["events"]["acknowledged"].as_u64();
    assert!(acknowledged.is_some_and(|events| events > 10_000), "{report}");
}
