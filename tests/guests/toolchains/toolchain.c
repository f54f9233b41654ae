// The world of `world.wit` in C, for `wit-bindgen c`.
//
// Async functions are state machines by hand: each call keeps its state behind context slot 0, and its
// callback goes on where the last event left off.

#include "guest.h"

#include <stdlib.h>
#include <string.h>

static void say(const char *before, const guest_string_t *name, const char *after, guest_string_t *ret) {
  size_t head = strlen(before), tail = strlen(after);
  ret->len = head + name->len + tail;
  ret->ptr = malloc(ret->len);
  memcpy(ret->ptr, before, head);
  memcpy(ret->ptr + head, name->ptr, name->len);
  memcpy(ret->ptr + head + name->len, after, tail);
}

void exports_guest_greet(guest_string_t *name, guest_string_t *ret) {
  guest_string_t line;
  say("greet ", name, "", &line);
  tidegate_toolchains_host_log(&line);
  guest_string_free(&line);
  say("Hello, ", name, "!", ret);
  guest_string_free(name);
}

int32_t exports_guest_sum(guest_list_s32_t *values) {
  int32_t sum = 0;
  for (size_t i = 0; i < values->len; i++) sum += values->ptr[i];
  guest_list_s32_free(values);
  return sum;
}

void exports_guest_older(guest_person_t *who, uint32_t years, guest_person_t *ret) {
  *ret = *who;
  ret->age += years;
  ret->tags.ptr = realloc(ret->tags.ptr, (ret->tags.len + 1) * sizeof(guest_string_t));
  guest_string_dup(&ret->tags.ptr[ret->tags.len++], "older");
}

bool exports_guest_choose(guest_greeting_t *how, guest_string_t *ret) {
  bool formal = how->tag == GUEST_GREETING_FORMAL;
  if (formal) say("Dear ", &how->val.formal, "", ret);
  guest_greeting_free(how);
  return formal;
}

bool exports_guest_divide(uint32_t a, uint32_t b, uint32_t *ret, guest_string_t *err) {
  if (b == 0) {
    guest_string_dup(err, "division by zero");
    return false;
  }
  *ret = a / b;
  return true;
}

typedef tidegate_toolchains_host_future_result_string_string_t found_t;
typedef tidegate_toolchains_host_result_string_string_t answer_t;

typedef struct {
  guest_waitable_set_t set;
  found_t futures[2];
  answer_t answers[2];
  unsigned missing;
} join_t;

static void arrived(join_t *state, unsigned i) {
  tidegate_toolchains_host_future_result_string_string_drop_readable(state->futures[i]);
  state->missing--;
}

static guest_callback_code_t join_step(join_t *state) {
  if (state->missing > 0) return GUEST_CALLBACK_CODE_WAIT(state->set);
  guest_waitable_set_drop(state->set);
  answer_t ret = {.is_err = true};
  unsigned failed = state->answers[0].is_err ? 0 : 1;
  if (state->answers[failed].is_err) {
    ret.val.err = state->answers[failed].val.err;
  } else {
    ret.is_err = false;
    guest_string_t first;
    say("", &state->answers[0].val.ok, " ", &first);
    ret.val.ok.len = first.len + state->answers[1].val.ok.len;
    ret.val.ok.ptr = realloc(first.ptr, ret.val.ok.len);
    memcpy(ret.val.ok.ptr + first.len, state->answers[1].val.ok.ptr, state->answers[1].val.ok.len);
  }
  exports_guest_join_return(ret);
  free(state);
  return GUEST_CALLBACK_CODE_EXIT;
}

guest_callback_code_t exports_guest_join(guest_string_t *first, guest_string_t *second) {
  join_t *state = calloc(1, sizeof *state);
  guest_string_t *keys[2] = {first, second};
  guest_context_set_0(state);
  state->set = guest_waitable_set_new();
  state->missing = 2;
  for (unsigned i = 0; i < 2; i++) {
    state->futures[i] = tidegate_toolchains_host_lookup(keys[i]);
    guest_string_free(keys[i]);
    guest_waitable_status_t status =
        tidegate_toolchains_host_future_result_string_string_read(state->futures[i], &state->answers[i]);
    if (status == GUEST_WAITABLE_STATUS_BLOCKED) guest_waitable_join(state->futures[i], state->set);
    else arrived(state, i);
  }
  return join_step(state);
}

guest_callback_code_t exports_guest_join_callback(guest_event_t *event) {
  join_t *state = guest_context_get_0();
  if (event->event != GUEST_EVENT_FUTURE_READ) abort();
  arrived(state, event->waitable == state->futures[0] ? 0 : 1);
  return join_step(state);
}

typedef struct {
  guest_waitable_set_t set;
  guest_stream_u8_t data;
  guest_tuple2_u32_u32_t result;
  uint8_t buffer[4096];
} digest_t;

static guest_callback_code_t digest_step(digest_t *state, guest_waitable_status_t status) {
  for (;;) {
    if (status == GUEST_WAITABLE_STATUS_BLOCKED) return GUEST_CALLBACK_CODE_WAIT(state->set);
    uint32_t count = GUEST_WAITABLE_COUNT(status);
    state->result.f0 += count;
    for (uint32_t i = 0; i < count; i++) state->result.f1 += state->buffer[i];
    if (GUEST_WAITABLE_STATE(status) == GUEST_WAITABLE_DROPPED) break;
    status = guest_stream_u8_read(state->data, state->buffer, sizeof state->buffer);
  }
  guest_stream_u8_drop_readable(state->data);
  guest_waitable_set_drop(state->set);
  exports_guest_digest_return(state->result);
  free(state);
  return GUEST_CALLBACK_CODE_EXIT;
}

guest_callback_code_t exports_guest_digest(guest_stream_u8_t data) {
  digest_t *state = calloc(1, sizeof *state);
  guest_context_set_0(state);
  state->data = data;
  state->set = guest_waitable_set_new();
  guest_waitable_join(data, state->set);
  return digest_step(state, guest_stream_u8_read(data, state->buffer, sizeof state->buffer));
}

guest_callback_code_t exports_guest_digest_callback(guest_event_t *event) {
  if (event->event != GUEST_EVENT_STREAM_READ) abort();
  return digest_step(guest_context_get_0(), event->code);
}
