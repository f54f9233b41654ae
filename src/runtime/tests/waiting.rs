//! The report of who waits for what.

#![cfg(not(target_arch = "wasm32"))]

mod common;
mod stacks;

use common::*;
use stacks::*;
use tidegate_runtime::{EndKind, GONE, Handle, InstanceId, Lift, Side, Store};

fn sim() -> (Sim, [InstanceId; 2]) {
    let sim = Sim::new();
    let pair = [0, 1].map(|_| sim.store(Store::instance_new));
    (sim, pair)
}

/// Words 0 to 6 of every waiting thread.
fn waiting(sim: &Sim) -> Vec<[u32; 7]> {
    let mut all = Vec::new();
    while sim.store(|s| s.waiting(all.len() as u32)) {
        all.push([0, 1, 2, 3, 4, 5, 6].map(|i| sim.arg(i)));
    }
    all
}

fn members(sim: &Sim, inst: InstanceId, set: Handle) -> Vec<[u32; 5]> {
    let mut all = Vec::new();
    while sim.store(|s| s.waiting_member(inst, set, all.len() as u32)) {
        all.push([0, 1, 2, 3, 4].map(|i| sim.arg(i)));
    }
    all
}

#[test]
fn a_call_waits_for_a_guest_that_waits_to_enter() {
    let (sim, [a, b]) = sim();
    assert!(sim.store(|s| s.backpressure_inc(b)).is_ok());
    let callee = core(|_, _| async { Ok(0) });
    let site = sim.site([a, b], false, Lift::Sync, false, callee);
    let body = core(move |sim, _| async move {
        sim.call_sync(site, 0).await?;
        Ok(0)
    });
    sim.call(a, STACKFUL, 0, body).expect("no trap");
    let [caller, callee] = [[a.0, 0, 4, 0, 0, CALLED.0, 0], [b.0, 0, 0, 1, 0, 0, 1]];
    assert_eq!(waiting(&sim), [caller, callee]);
}

#[test]
fn the_exclusive_lock_is_told_from_backpressure() {
    let (sim, [a, _]) = sim();
    let holder = core(move |sim, _| async move {
        sim.suspend_thread(a).await?;
        Ok(0)
    });
    sim.call(a, Lift::Sync, 0, holder).expect("no trap");
    let next = core(|_, _| async { Ok(0) });
    sim.call(a, Lift::Sync, 0, next).expect("no trap");
    let both = [[a.0, 0, 5, 0, 0, 0, 0], [a.0, 1, 0, 2, 0, 0, 0]];
    assert_eq!(waiting(&sim), both);
}

#[test]
fn an_end_is_told_with_who_holds_the_other_one() {
    let (sim, [a, b]) = sim();
    let ty = sim.store(|s| s.type_new(true));
    let (r, w) = stream(&mut sim.world(), a, ty);
    let outcome = sim.store(|s| s.transfer_end(r, b));
    let moved = Handle(sim.world().ok32(outcome));
    let write = core(move |sim, _| async move {
        sim.world().put(a, 0, &[1]);
        sim.copy(w, 0, 1, false).await?;
        Ok(0)
    });
    sim.call(a, STACKFUL, 0, write).expect("no trap");
    let at = [a.0, 0, 3, w.h.0, STREAM_WRITE, b.0, 0];
    assert_eq!(waiting(&sim), [at]);
    let r = end(EndKind::Stream, Side::Readable, b, ty, moved);
    sim.world().drop_end(r).expect("it is at rest");
    assert_eq!(waiting(&sim), [[a.0, 0, 3, w.h.0, STREAM_WRITE, GONE, 0]]);
}

#[test]
fn a_set_is_told_with_its_members() {
    let (sim, [a, b]) = sim();
    let ty = sim.store(|s| s.type_new(true));
    let set = sim.world().set_new(a);
    let inner = sim.world().set_new(b);
    let lift = sim.callback(|_, _| async { Ok(EXIT) });
    let callee = core(move |_, _| async move { Ok(wait(inner)) });
    let site = sim.site([a, b], true, lift, false, callee);
    let (h, _) = sim.world().pending_call(a, 33);
    let (w, r) = sim.world().host_ends(EndKind::Future, ty);
    let end = sim.world().lower_end(a, ty, w);
    for h in [h, end] {
        sim.world().join(a, h, set);
    }
    let body = core(move |sim, _| async move {
        let Answer::Pending(STARTED, h) = sim.call_async(site, 0, 0).await? else {
            panic!("it waits");
        };
        sim.world().join(a, h, set);
        sim.wait(a, set).await?;
        Ok(0)
    });
    sim.call(a, STACKFUL, 0, body).expect("no trap");
    let [caller, callee] = [[a.0, 0, 2, set.0, 3, 0, 0], [b.0, 0, 2, inner.0, 0, 0, 2]];
    assert_eq!(waiting(&sim), [caller, callee]);
    let of_host = [SUBTASK, h.0, STARTED, 33, 0];
    let of_guest = [SUBTASK, end.0 + 1, STARTED, 0, CALLED.0];
    let of_future = [FUTURE_READ, end.0, 0, 0, 0];
    assert_eq!(members(&sim, a, set), [of_host, of_guest, of_future]);
    sim.world().host_drop(r);
    assert_eq!(members(&sim, a, set)[2], [FUTURE_READ, end.0, GONE, 0, 0]);
    assert!(members(&sim, a, h).is_empty(), "it is no set");
}
