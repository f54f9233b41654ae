//! Streams and futures: every order in which two ends meet, cancel and leave, between guests and with the host.

#![cfg(not(target_arch = "wasm32"))]

mod common;

use common::*;
use tidegate_abi::action::ActionKind;
use tidegate_abi::code::TrapCode;
use tidegate_runtime::{
    EndId, EndKind, EndRef, GuestBuffer, HOST, Handle, InstanceId, Side, SiteId, Step, TypeId,
};

/// A stream from one guest to another: readable end in the first, writable in the second.
fn across(kind: EndKind) -> (World, EndRef, EndRef) {
    let (mut world, reader, ty) = one_instance();
    let writer = world.store.instance_new();
    let (r, w) = world.new_ends(kind, writer, ty);
    let id = world.lift_end(kind, writer, ty, r);
    let r = world.lower_end(reader, ty, id);
    (
        world,
        end(kind, Side::Readable, reader, ty, r),
        end(kind, Side::Writable, writer, ty, w),
    )
}

/// A stream whose writer is the host.
fn from_host(kind: EndKind) -> (World, EndRef, EndId) {
    let (mut world, inst, ty) = one_instance();
    let (r, w) = world.host_ends(kind, ty);
    let h = world.lower_end(inst, ty, r);
    let at = end(kind, Side::Readable, inst, ty, h);
    (world, at, w)
}

/// A stream whose reader is the host.
fn to_host(kind: EndKind) -> (World, EndRef, EndId) {
    let (mut world, inst, ty) = one_instance();
    let (r, w) = world.new_ends(kind, inst, ty);
    let id = world.lift_end(kind, inst, ty, r);
    let at = end(kind, Side::Writable, inst, ty, w);
    (world, at, id)
}

/// Puts an end into a new set.
fn watch(world: &mut World, at: EndRef) -> Handle {
    let set = world.set_new(at.inst);
    world.join(at.inst, at.h, set);
    set
}

#[test]
fn write_meets_a_waiting_read() {
    let (mut world, r, w) = across(EndKind::Stream);
    let set = watch(&mut world, r);
    assert_eq!(world.copy_end(r, 100, 4), BLOCKS);
    assert_eq!(world.write_tokens(w, 0, &[1, 2, 3]), completed(3));
    assert_eq!(world.get(r.inst, 100, 3), [1, 2, 3]);
    // The buffer stays fillable until its event is delivered.
    assert_eq!(world.write_tokens(w, 0, &[4, 5]), completed(1));
    assert_eq!(world.get(r.inst, 100, 4), [1, 2, 3, 4]);
    assert_eq!(world.write_tokens(w, 0, &[6]), BLOCKS);
    assert_eq!(world.poll(r.inst, set), [STREAM_READ, r.h.0, completed(4)]);
    assert_eq!(world.poll(r.inst, set), [0, 0, 0]);
    assert_eq!(world.copy_end(r, 0, 4), completed(1));
    assert_eq!(world.get(r.inst, 0, 1), [6]);
}

#[test]
fn read_meets_a_waiting_write() {
    let (mut world, r, w) = across(EndKind::Stream);
    let set = watch(&mut world, w);
    assert_eq!(world.write_tokens(w, 8, &[1, 2, 3, 4]), BLOCKS);
    assert_eq!(world.copy_end(r, 0, 1), completed(1));
    assert_eq!(world.copy_end(r, 1, 2), completed(2));
    assert_eq!(world.poll(w.inst, set), [STREAM_WRITE, w.h.0, completed(3)]);
    assert_eq!(world.get(r.inst, 0, 3), [1, 2, 3]);
    // What was not read is the writer's again.
    assert_eq!(world.copy_end(r, 3, 2), BLOCKS);
    assert_eq!(world.copy_end(w, 11, 1), completed(1));
    assert_eq!(world.get(r.inst, 3, 1), [4]);
}

#[test]
fn addresses_of_partial_copies_count_bytes() {
    let (mut world, reader, _) = one_instance();
    let writer = world.store.instance_new();
    let ty = world.store.type_new(true);
    let (r, w) = world.new_ends(EndKind::Stream, writer, ty);
    let id = world.lift_end(EndKind::Stream, writer, ty, r);
    let h = world.lower_end(reader, ty, id);
    let r = end(EndKind::Stream, Side::Readable, reader, ty, h);
    let w = end(EndKind::Stream, Side::Writable, writer, ty, w);
    for (ptr, token) in [(64, 1), (72, 2), (80, 3)] {
        world.put(writer, ptr, &[token]);
    }
    // What an element takes may differ between the two memories.
    assert_eq!(world.try_copy_of(w, 64, 3, 8), Ok(BLOCKS));
    for (ptr, token) in [(0, 1), (16, 2), (32, 3)] {
        assert_eq!(world.try_copy_of(r, ptr, 1, 16), Ok(completed(1)));
        assert_eq!(world.get(reader, ptr, 1), [token]);
    }
}

#[test]
fn addresses_have_64_bits() {
    let (mut world, r, w) = across(EndKind::Stream);
    let buffer = |at: EndRef, ptr, len| GuestBuffer {
        site: SiteId(at.inst.0),
        ptr,
        len,
        size: 1 << 20,
    };
    let far = (5 << 32) - (1 << 20);
    let outcome = world.store.end_copy(w, buffer(w, far, 4), true);
    assert_eq!(outcome, Ok(Step::Value(BLOCKS.into())));
    let mut copy = |ptr, n| {
        let outcome = world.store.end_copy(r, buffer(r, ptr, n), true);
        assert_eq!(outcome, Ok(Step::Action(ActionKind::Copy, 0)));
        let args = world.store.control.args;
        let outcome = world.store.copied();
        assert_eq!(outcome, Ok(Step::Value(completed(n).into())));
        args
    };
    let (from, to) = (w.inst.0, r.inst.0);
    let first = copy(7 << 32 | 9, 2);
    assert_eq!(first[..8], [0, from, far as u32, 2, to, 9, 4, 7]);
    let second = copy(1, 1);
    assert_eq!(second[..8], [0, from, 1 << 20, 1, to, 1, 5, 0]);
}

#[test]
fn zero_length_operations() {
    let (mut world, r, w) = across(EndKind::Stream);
    let (rs, ws) = (watch(&mut world, r), watch(&mut world, w));
    // A write of nothing waits until somebody reads.
    assert_eq!(world.copy_end(w, 0, 0), BLOCKS);
    assert_eq!(world.copy_end(r, 0, 2), BLOCKS);
    assert_eq!(world.poll(w.inst, ws), [STREAM_WRITE, w.h.0, completed(0)]);
    // A write of nothing finds the reader, which stays.
    assert_eq!(world.copy_end(w, 0, 0), completed(0));
    assert_eq!(world.poll(r.inst, rs), [0, 0, 0]);
    assert_eq!(world.write_tokens(w, 0, &[1]), completed(1));
    assert_eq!(world.poll(r.inst, rs), [STREAM_READ, r.h.0, completed(1)]);
    // A read of nothing learns that somebody writes.
    assert_eq!(world.copy_end(r, 0, 0), BLOCKS);
    assert_eq!(world.write_tokens(w, 4, &[2]), BLOCKS);
    assert_eq!(world.poll(r.inst, rs), [STREAM_READ, r.h.0, completed(0)]);
    assert_eq!(world.copy_end(r, 0, 0), completed(0));
    assert_eq!(world.copy_end(r, 0, 1), completed(1));
    assert_eq!(world.poll(w.inst, ws), [STREAM_WRITE, w.h.0, completed(1)]);
    // When both are of length zero, the writer is told and the reader waits.
    assert_eq!(world.copy_end(w, 0, 0), BLOCKS);
    assert_eq!(world.copy_end(r, 0, 0), BLOCKS);
    assert_eq!(world.poll(w.inst, ws), [STREAM_WRITE, w.h.0, completed(0)]);
    assert_eq!(world.copy_end(w, 0, 0), completed(0));
    assert_eq!(world.poll(r.inst, rs), [0, 0, 0]);
}

#[test]
fn cancelling_beats_completing_and_dropping_beats_both() {
    let (mut world, r, w) = across(EndKind::Stream);
    assert_eq!(world.copy_end(r, 0, 4), BLOCKS);
    assert_eq!(world.cancel_end(r), Ok(cancelled(0)));
    assert_eq!(world.copy_end(r, 0, 4), BLOCKS);
    assert_eq!(world.write_tokens(w, 0, &[1]), completed(1));
    assert_eq!(world.cancel_end(r), Ok(cancelled(1)));
    // The end is at rest again.
    assert_eq!(world.copy_end(r, 1, 4), BLOCKS);
    assert_eq!(world.write_tokens(w, 0, &[2]), completed(1));
    world.drop_end(w).expect("it is at rest");
    assert_eq!(world.cancel_end(r), Ok(dropped(1)));
    world.drop_end(r).expect("it is done");
}

#[test]
fn a_sync_cancel_is_the_same_outside_of_a_set() {
    let (mut world, r, _) = across(EndKind::Stream);
    assert_eq!(world.copy_end(r, 0, 4), BLOCKS);
    let outcome = world.store.end_cancel(r, false);
    assert_eq!(world.ok32(outcome), cancelled(0));
}

#[test]
fn a_drop_reaches_waiting_ends_and_ends_at_rest() {
    let (mut world, r, w) = across(EndKind::Stream);
    let set = watch(&mut world, r);
    assert_eq!(world.copy_end(r, 0, 4), BLOCKS);
    assert_eq!(world.write_tokens(w, 0, &[1]), completed(1));
    world.drop_end(w).expect("it is at rest");
    assert_eq!(world.poll(r.inst, set), [STREAM_READ, r.h.0, dropped(1)]);
    assert_eq!(world.try_copy(r, 0, 1), Err(TrapCode::EndBusy));

    let (mut world, r, w) = across(EndKind::Stream);
    let set = watch(&mut world, w);
    world.drop_end(r).expect("it is at rest");
    assert_eq!(world.poll(w.inst, set), [STREAM_WRITE, w.h.0, dropped(0)]);
    world.drop_end(w).expect("it is done");
}

#[test]
fn futures_move_one_element_and_are_done() {
    for reader_first in [true, false] {
        let (mut world, r, w) = across(EndKind::Future);
        let (rs, ws) = (watch(&mut world, r), watch(&mut world, w));
        world.put(w.inst, 0, &[9]);
        if reader_first {
            assert_eq!(world.copy_end(r, 5, 1), BLOCKS);
            assert_eq!(world.copy_end(w, 0, 1), 0);
            assert_eq!(world.poll(r.inst, rs), [FUTURE_READ, r.h.0, 0]);
        } else {
            assert_eq!(world.copy_end(w, 0, 1), BLOCKS);
            assert_eq!(world.copy_end(r, 5, 1), 0);
            assert_eq!(world.poll(w.inst, ws), [FUTURE_WRITE, w.h.0, 0]);
        }
        assert_eq!(world.get(r.inst, 5, 1), [9]);
        assert_eq!(world.try_copy(r, 5, 1), Err(TrapCode::EndBusy));
        world.drop_end(w).expect("it has written");
        // A done end is not told of anything.
        assert_eq!(world.poll(r.inst, rs), [0, 0, 0]);
        world.drop_end(r).expect("it is done");
    }
}

#[test]
fn futures_cancelled_and_dropped() {
    let (mut world, r, w) = across(EndKind::Future);
    assert_eq!(world.copy_end(r, 5, 1), BLOCKS);
    assert_eq!(world.cancel_end(r), Ok(cancelled(0)));
    assert_eq!(world.copy_end(r, 5, 1), BLOCKS);
    assert_eq!(world.write_tokens(w, 0, &[9]), 0);
    // The value is there: too late to cancel.
    assert_eq!(world.cancel_end(r), Ok(0));

    let (mut world, r, w) = across(EndKind::Future);
    assert_eq!(world.write_tokens(w, 0, &[9]), BLOCKS);
    world.drop_end(r).expect("it is at rest");
    assert_eq!(world.cancel_end(w), Ok(dropped(0)));
    world.drop_end(w).expect("it is done");

    let (mut world, r, w) = across(EndKind::Future);
    world.drop_end(r).expect("it is at rest");
    // It has to learn of it first.
    assert_eq!(world.drop_end(w), Err(TrapCode::FutureUnwritten));
}

#[test]
fn numbers_may_be_copied_inside_an_instance() {
    let (mut world, inst, ty) = one_instance();
    let none = world.store.type_new(true);
    for ty in [ty, none] {
        let (r, w) = stream(&mut world, inst, ty);
        assert_eq!(world.copy_end(r, 50, 1), BLOCKS);
        assert_eq!(world.write_tokens(w, 0, &[1]), completed(1));
    }
}

#[test]
fn the_host_is_asked_for_elements_and_may_answer_at_once() {
    let (mut world, r, w) = from_host(EndKind::Stream);
    let source = world.ends.entry(w).or_default();
    source.source.extend([1, 2, 3]);
    source.eager = 8;
    assert_eq!(world.copy_end(r, 0, 2), completed(2));
    assert_eq!(world.get(r.inst, 0, 2), [1, 2]);
    assert!(!world.ready());
    // What it offered beyond was not taken; it is asked again.
    assert_eq!(world.copy_end(r, 2, 8), completed(1));
    assert_eq!(world.ends[&w].copies, 2);
    assert_eq!(world.copy_end(r, 3, 8), BLOCKS);
    assert_eq!(world.ends[&w].pulls, [2, 8, 8]);
    assert_eq!(world.drain(), 0);
}

#[test]
fn the_host_may_answer_later() {
    let (mut world, r, w) = from_host(EndKind::Stream);
    let set = watch(&mut world, r);
    assert_eq!(world.copy_end(r, 0, 2), BLOCKS);
    world.ends.entry(w).or_default().source.extend([1, 2, 3]);
    assert_eq!(world.host_write(w, 3), Ok(completed(2)));
    assert_eq!(world.poll(r.inst, set), [STREAM_READ, r.h.0, completed(2)]);
    assert_eq!(world.host_write(w, 1), Ok(BLOCKS));
    assert_eq!(world.host_write(w, 1), Err(TrapCode::EndBusy));
    assert_eq!(world.copy_end(r, 2, 2), completed(1));
    world.host_drop(w);
    assert_eq!(world.poll(r.inst, set), [STREAM_READ, r.h.0, dropped(0)]);
}

#[test]
fn the_guest_cancels_while_the_host_fetches() {
    let (mut world, r, w) = from_host(EndKind::Stream);
    assert_eq!(world.copy_end(r, 0, 2), BLOCKS);
    assert_eq!(world.cancel_end(r), Ok(cancelled(0)));
    world.ends.entry(w).or_default().source.extend([1, 2]);
    assert_eq!(world.host_write(w, 2), Ok(BLOCKS));
    assert_eq!(world.copy_end(r, 0, 2), completed(2));
    // The guest reads again before the host has answered: it is asked again.
    assert_eq!(world.copy_end(r, 2, 2), BLOCKS);
    assert_eq!(world.cancel_end(r), Ok(cancelled(0)));
    assert_eq!(world.copy_end(r, 2, 3), BLOCKS);
    assert_eq!(world.ends[&w].pulls, [2, 2, 3]);
}

#[test]
fn the_host_drops_while_a_guest_reads() {
    let (mut world, r, w) = from_host(EndKind::Stream);
    assert_eq!(world.copy_end(r, 0, 2), BLOCKS);
    world.host_drop(w);
    world.host_drop(w);
    assert_eq!(world.cancel_end(r), Ok(dropped(0)));
    let (mut world, r, w) = from_host(EndKind::Future);
    world.host_drop(w);
    assert_eq!(world.copy_end(r, 0, 1), dropped(0));
}

#[test]
fn the_host_learns_that_its_reader_is_gone() {
    // At rest.
    let (mut world, r, w) = from_host(EndKind::Stream);
    world.drop_end(r).expect("it is at rest");
    assert_eq!(world.drain(), 1);
    assert_eq!(world.ends[&w].events, [dropped(0)]);
    assert_eq!(world.host_write(w, 1), Ok(dropped(0)));
    world.host_drop(w);
    // While its buffer stands.
    let (mut world, r, w) = from_host(EndKind::Stream);
    assert_eq!(world.host_write(w, 1), Ok(BLOCKS));
    world.drop_end(r).expect("it is at rest");
    assert_eq!(world.drain(), 1);
    assert_eq!(world.ends[&w].events, [dropped(0)]);
    // It has asked before it is told.
    let (mut world, r, w) = from_host(EndKind::Stream);
    world.drop_end(r).expect("it is at rest");
    assert_eq!(world.host_write(w, 1), Ok(dropped(0)));
    assert_eq!(world.drain(), 0);
}

#[test]
fn a_read_of_nothing_asks_the_host_too() {
    let (mut world, r, w) = from_host(EndKind::Stream);
    let set = watch(&mut world, r);
    assert_eq!(world.copy_end(r, 0, 0), BLOCKS);
    assert_eq!(world.ends[&w].pulls, [0]);
    world.ends.entry(w).or_default().source.push_back(1);
    assert_eq!(world.host_write(w, 1), Ok(BLOCKS));
    assert_eq!(world.poll(r.inst, set), [STREAM_READ, r.h.0, completed(0)]);
    assert_eq!(world.copy_end(r, 0, 1), completed(1));
}

#[test]
fn a_write_of_nothing_by_the_host_ends_with_an_event() {
    let (mut world, r, w) = from_host(EndKind::Stream);
    assert_eq!(world.host_write(w, 0), Ok(BLOCKS));
    assert_eq!(world.copy_end(r, 0, 2), BLOCKS);
    // It is busy until it has heard of it, so that it is not asked.
    assert_eq!(world.drain(), 1);
    assert!(world.ends[&w].pulls.is_empty());
    assert_eq!(world.ends[&w].events, [completed(0)]);
}

#[test]
fn the_host_reads_what_stands_and_waits_for_more() {
    let (mut world, w, r) = to_host(EndKind::Stream);
    let set = watch(&mut world, w);
    assert_eq!(world.write_tokens(w, 0, &[1, 2, 3]), BLOCKS);
    assert_eq!(world.host_read(r, 2), completed(2));
    assert_eq!(world.poll(w.inst, set), [STREAM_WRITE, w.h.0, completed(2)]);
    assert_eq!(world.host_read(r, 2), BLOCKS);
    assert_eq!(world.copy_end(w, 2, 1), completed(1));
    assert_eq!(world.ends[&r].read, [1, 2, 3]);
    // The copy was the completion.
    assert_eq!(world.drain(), 0);
    assert!(world.ends[&r].events.is_empty());
    // A write of nothing finds the waiting host, which stays.
    assert_eq!(world.host_read(r, 2), BLOCKS);
    assert_eq!(world.copy_end(w, 0, 0), completed(0));
    world.drop_end(w).expect("it is at rest");
    assert_eq!(world.drain(), 1);
    assert_eq!(world.ends[&r].events, [dropped(0)]);
    assert_eq!(world.host_read(r, 2), dropped(0));
}

#[test]
fn the_host_takes_its_read_back() {
    let (mut world, w, r) = to_host(EndKind::Stream);
    assert_eq!(world.host_cancel(r), cancelled(0));
    assert_eq!(world.host_read(r, 2), BLOCKS);
    assert_eq!(world.host_cancel(r), cancelled(0));
    assert_eq!(world.write_tokens(w, 0, &[1]), BLOCKS);
    world.host_drop(r);
    assert_eq!(world.cancel_end(w), Ok(dropped(0)));
    // It is told once that the other end is gone, whichever way it asks.
    let (mut world, w, r) = to_host(EndKind::Stream);
    assert_eq!(world.host_read(r, 2), BLOCKS);
    world.drop_end(w).expect("it is at rest");
    assert_eq!(world.host_cancel(r), dropped(0));
    assert_eq!(world.drain(), 0);
    assert_eq!(world.host_cancel(r), dropped(0));
}

#[test]
fn the_host_drops_a_read_that_stands() {
    let (mut world, w, r) = to_host(EndKind::Stream);
    let set = watch(&mut world, w);
    assert_eq!(world.host_read(r, 2), BLOCKS);
    world.host_drop(r);
    assert_eq!(world.poll(w.inst, set), [STREAM_WRITE, w.h.0, dropped(0)]);
    assert_eq!(world.drain(), 0);
}

#[test]
fn an_end_at_rest_passes_on_with_what_it_has_not_heard() {
    let (mut world, w, r) = to_host(EndKind::Stream);
    // The writer leaves while the host holds the end; the host hears of it only when it reads.
    world.drop_end(w).expect("it is at rest");
    assert_eq!(world.drain(), 0);
    let other = world.store.instance_new();
    let h = world.lower_end(other, w.ty, r);
    let at = end(EndKind::Stream, Side::Readable, other, w.ty, h);
    let set = watch(&mut world, at);
    assert_eq!(world.poll(other, set), [STREAM_READ, h.0, dropped(0)]);
    // The other way round.
    let (mut world, r, w) = across(EndKind::Stream);
    world.drop_end(w).expect("it is at rest");
    let id = world.lift_end(EndKind::Stream, r.inst, r.ty, r.h);
    assert_eq!(world.drain(), 0);
    assert_eq!(world.host_read(id, 1), dropped(0));
}

#[test]
fn an_event_of_an_end_that_is_gone_is_nobodys() {
    let (mut world, r, w) = from_host(EndKind::Stream);
    world.drop_end(r).expect("it is at rest");
    world.host_drop(w);
    // Another end gets the number; its writer leaves while it is at rest, which is no event for the host.
    let (r2, w2) = world.host_ends(EndKind::Stream, r.ty);
    world.host_drop(w2);
    assert_eq!(world.drain(), 0);
    assert_eq!(world.host_read(r2, 1), dropped(0));
}

#[test]
fn the_host_reads_its_own_stream_that_a_guest_has_handed_back() {
    for kind in [EndKind::Stream, EndKind::Future] {
        let (mut world, at, w) = from_host(kind);
        let r = world.lift_end(kind, at.inst, at.ty, at.h);
        let source = world.ends.entry(w).or_default();
        source.source.extend([1, 2]);
        source.eager = 1;
        // Its buffer stood when the pull was answered, so that the copy is what tells it.
        assert_eq!(world.host_read(r, 4), BLOCKS);
        assert_eq!(world.ends[&w].pulls, [4]);
        assert_eq!(world.ends[&r].read, [1]);
        assert_eq!(world.drain(), 0);
    }
    // Later, and with a buffer that stands.
    let (mut world, at, w) = from_host(EndKind::Stream);
    let r = world.lift_end(EndKind::Stream, at.inst, at.ty, at.h);
    assert_eq!(world.host_read(r, 1), BLOCKS);
    world.ends.entry(w).or_default().source.extend([1, 2]);
    assert_eq!(world.host_write(w, 2), Ok(completed(1)));
    assert_eq!(world.host_write(w, 1), Ok(BLOCKS));
    assert_eq!(world.host_read(r, 1), completed(1));
    assert_eq!(world.ends[&r].read, [1, 2]);
    assert_eq!(world.drain(), 0);
}

#[test]
fn the_host_may_not_use_ends_that_it_does_not_hold() {
    let (mut world, r, w) = from_host(EndKind::Stream);
    let gone = EndId(99);
    let wrong = Err(TrapCode::WrongHandleType);
    assert_eq!(world.store.host_copy(Side::Readable, w, 1), wrong);
    assert_eq!(
        world.store.host_copy(Side::Readable, gone, 1),
        Err(TrapCode::UnknownHandle)
    );
    // A writable end does not go to guests, nor a readable one at another type.
    let busy = Err(TrapCode::EndBusy);
    assert_eq!(world.store.lower_end(r.inst, r.ty, w), busy);
    let other = world.store.type_new(false);
    let (r2, _) = world.host_ends(EndKind::Stream, r.ty);
    assert_eq!(world.store.lower_end(r.inst, other, r2), busy);
    let h = world.lower_end(r.inst, r.ty, r2);
    assert_eq!(world.store.host_copy(Side::Readable, r2, 1), wrong);
    assert_ne!(h, r.h);
    let unknown: Result<(), TrapCode> = wrong.map(|_: tidegate_runtime::Step| ());
    assert_eq!(world.store.ends_new(EndKind::Stream, TypeId(99)), unknown);
}

#[test]
fn copies_nest() {
    // A pull is answered with a write while an outer copy's report is still due.
    let (mut world, r, w) = from_host(EndKind::Stream);
    let (r2, w2) = world.host_ends(EndKind::Stream, r.ty);
    let h2 = world.lower_end(r.inst, r.ty, r2);
    let second = end(EndKind::Stream, Side::Readable, r.inst, r.ty, h2);
    world.ends.entry(w2).or_default().source.push_back(7);
    world.ends.entry(w2).or_default().eager = 1;
    world.ends.entry(w).or_default().source.push_back(8);
    assert_eq!(world.host_write(w, 1), Ok(BLOCKS));
    // The outer copy begins; before it is reported, a whole other read happens.
    let buffer = tidegate_runtime::GuestBuffer {
        site: tidegate_runtime::SiteId(r.inst.0),
        ptr: 0,
        len: 1,
        size: 1,
    };
    let outer = world.store.end_copy(r, buffer, true).expect("no trap");
    assert!(matches!(outer, tidegate_runtime::Step::Action(..)));
    let args = world.store.control.args;
    assert_eq!(world.copy_end(second, 1, 1), completed(1));
    world.store.control.args = args;
    assert_eq!(world.ok32(Ok(outer)), completed(1));
    assert_eq!(world.get(r.inst, 0, 2), [8, 7]);
}

#[test]
fn unknown_numbers_are_no_panics() {
    let (mut world, inst, ty) = one_instance();
    let nowhere = InstanceId(77);
    let at = |inst, ty, h| end(EndKind::Stream, Side::Readable, inst, ty, Handle(h));
    for (inst, ty, h) in [
        (nowhere, ty, 1),
        (inst, TypeId(9), 1),
        (inst, TypeId(0), u32::MAX),
        (HOST, ty, 0),
    ] {
        assert!(world.try_copy(at(inst, ty, h), 0, 1).is_err());
        assert!(world.cancel_end(at(inst, ty, h)).is_err());
        assert!(world.drop_end(at(inst, ty, h)).is_err());
        assert!(
            world
                .store
                .lift_end(EndKind::Future, inst, ty, Handle(h))
                .is_err()
        );
    }
    assert!(
        world
            .store
            .end_new(EndKind::Stream, inst, TypeId(0))
            .is_err()
    );
    assert!(world.store.copied().is_err());
    assert!(world.store.pulled().is_err());
}
