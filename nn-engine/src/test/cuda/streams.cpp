// Streams, events, captures and graphs of the emulated driver.
#include "driver.h"
#include <algorithm>

namespace {

// A capture that something forbidden has spoilt gives that to whoever ends it.
int spoil(Capture& capture, int error) {
  capture.invalid = capture_invalidated;
  return error;
}

void add(std::vector<int>& to, const std::vector<int>& nodes) {
  for (int node : nodes)
    if (std::find(to.begin(), to.end(), node) == to.end()) to.push_back(node);
}

int capture_work(Stream& stream, std::shared_ptr<const Work> work) {
  Capture& capture = *stream.capture;
  if (capture.invalid) return capture.invalid;
  capture.graph.nodes.push_back({std::move(work), stream.after});
  stream.after = {static_cast<int>(capture.graph.nodes.size()) - 1};
  return success;
}

// What the next work of a stream waits for.
std::vector<Device::Ticket> before_next(Stream& stream) {
  std::vector<Device::Ticket> before = std::move(stream.waits);
  stream.waits.clear();
  before.push_back(stream.last);
  if (stream.legacy)
    driver.streams.each([&](Stream& other) {
      if (!other.blocking || other.capture) return;
      before.push_back(other.last);
      before.insert(before.end(), other.waits.begin(), other.waits.end());
    });
  else if (stream.blocking)
    before.push_back(driver.legacy.last);
  return before;
}

// An empty piece of work, where something must be waited for that has several ends.
std::shared_ptr<const Work> nothing() {
  static const auto work = std::make_shared<Work>();
  return work;
}

// The stream 0 may not be used while a blocking stream captures.
bool capture_hides_legacy() {
  bool hides = false;
  driver.streams.each([&](Stream& stream) {
    if (!stream.capture || !stream.blocking || stream.capture->mode == 2) return;
    stream.capture->invalid = capture_invalidated;
    hides = true;
  });
  return hides;
}

// Streams of the capture whose work no path leads from to the origin.
bool unjoined(Capture& capture) {
  const auto& nodes = capture.graph.nodes;
  std::vector<bool> seen(nodes.size());
  std::vector<int> left = capture.origin->after;
  while (!left.empty()) {
    size_t node = static_cast<size_t>(left.back());
    left.pop_back();
    if (seen[node]) continue;
    seen[node] = true;
    left.insert(left.end(), nodes[node].after.begin(), nodes[node].after.end());
  }
  return std::find(seen.begin(), seen.end(), false) != seen.end();
}

void end_capture(Capture& capture) {
  driver.captures.erase(&capture);
  driver.streams.each([&](Stream& stream) {
    if (stream.capture.get() != &capture) return;
    stream.after.clear();
    if (&stream != capture.origin) stream.capture.reset();
  });
}

int create_stream(void** handle, unsigned flags, int priority) {
  if (flags > 1) return invalid_value;
  Stream* stream = driver.streams.create();
  stream->blocking = flags == 0;
  stream->priority = std::max(-5, std::min(0, priority));
  *handle = stream;
  return success;
}

}  // namespace

int submit(Stream& stream, std::shared_ptr<const Work> work) {
  if (stream.capture) return capture_work(stream, std::move(work));
  if (stream.legacy && capture_hides_legacy()) return capture_implicit;
  stream.last = device.submit(std::move(work), before_next(stream));
  return success;
}

int finish(Stream& stream) {
  if (stream.capture) return spoil(*stream.capture, capture_unsupported);
  if (stream.legacy && capture_hides_legacy()) return capture_implicit;
  for (Device::Ticket ticket : before_next(stream)) device.finish(ticket);
  return device.lost;
}

API cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  *least = 0;
  *greatest = -5;
  return success;
}

API cuStreamCreate(void** handle, unsigned flags) {
  Call call(__func__, Call::context);
  return call.error ? call.error : create_stream(handle, flags, 0);
}

API cuStreamCreateWithPriority(void** handle, unsigned flags, int priority) {
  Call call(__func__, Call::context);
  return call.error ? call.error : create_stream(handle, flags, priority);
}

API cuStreamGetPriority(void* handle, int* priority) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  Stream* stream = driver.stream(handle);
  if (!stream) return invalid_handle;
  *priority = stream->priority;
  return success;
}

API cuStreamDestroy_v2(void* handle) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  Stream* stream = driver.streams.find(handle);
  if (!stream) return invalid_handle;
  if (stream->capture) {
    spoil(*stream->capture, capture_invalidated);
    if (stream->capture->origin == stream) end_capture(*stream->capture);
  }
  driver.streams.destroy(handle);
  return success;
}

API cuStreamSynchronize(void* handle) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  Stream* stream = driver.stream(handle);
  return stream ? finish(*stream) : invalid_handle;
}

API cuStreamQuery(void* handle) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  Stream* stream = driver.stream(handle);
  if (!stream) return invalid_handle;
  if (stream->capture) return spoil(*stream->capture, capture_unsupported);
  bool pending = device.pending(stream->last);
  for (Device::Ticket ticket : stream->waits) pending |= device.pending(ticket);
  if (pending) device.poll();
  if (device.lost) return device.lost;
  return pending ? not_ready : success;
}

API cuStreamWaitEvent(void* handle, void* event_handle, unsigned) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  Stream* stream = driver.stream(handle);
  Event* event = driver.events.find(event_handle);
  if (!stream || !event) return invalid_handle;
  if (!event->capture) {
    if (!event->ticket) return success;
    if (stream->capture) return spoil(*stream->capture, capture_isolation);
    stream->waits.push_back(event->ticket);
    return success;
  }
  if (event->capture->invalid) return event->capture->invalid;
  if (!driver.captures.count(event->capture.get())) return captured_event;
  if (stream->legacy) return spoil(*event->capture, capture_implicit);
  if (stream->capture && stream->capture != event->capture)
    return spoil(*stream->capture, capture_merge);
  stream->capture = event->capture;
  add(stream->after, event->after);
  return success;
}

API cuEventCreate(void** handle, unsigned flags) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  Event* event = driver.events.create();
  event->timed = !(flags & 2);
  *handle = event;
  return success;
}

API cuEventDestroy_v2(void* handle) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  return driver.events.destroy(handle) ? success : invalid_handle;
}

API cuEventRecord(void* handle, void* stream_handle) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  Event* event = driver.events.find(handle);
  Stream* stream = driver.stream(stream_handle);
  if (!event || !stream) return invalid_handle;
  if (stream->capture) {
    if (stream->capture->invalid) return stream->capture->invalid;
    event->capture = stream->capture;
    event->after = stream->after;
    return success;
  }
  auto work = std::make_shared<Work>();
  work->kind = Work::mark;
  work->time = event->time = std::make_shared<double>(-1);
  event->capture.reset();
  if (int error = submit(*stream, work)) return error;
  event->ticket = stream->last;
  return success;
}

API cuEventQuery(void* handle) {
  Call call(__func__, Call::safety);
  if (call.error) return call.error;
  Event* event = driver.events.find(handle);
  if (!event) return invalid_handle;
  if (event->capture) return captured_event;
  bool pending = device.pending(event->ticket);
  if (pending) device.poll();
  if (device.lost) return device.lost;
  return pending ? not_ready : success;
}

API cuEventSynchronize(void* handle) {
  Call call(__func__, Call::safety);
  if (call.error) return call.error;
  Event* event = driver.events.find(handle);
  if (!event) return invalid_handle;
  if (event->capture) return captured_event;
  device.finish(event->ticket);
  return device.lost;
}

API cuEventElapsedTime(float* milliseconds, void* from_handle, void* to_handle) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  Event* from = driver.events.find(from_handle);
  Event* to = driver.events.find(to_handle);
  if (!from || !to || !from->timed || !to->timed || !from->time || !to->time)
    return invalid_handle;
  if (device.pending(from->ticket) || device.pending(to->ticket)) return not_ready;
  *milliseconds = static_cast<float>(*to->time - *from->time);
  return success;
}

API cuStreamBeginCapture_v2(void* handle, int mode) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  Stream* stream = driver.stream(handle);
  if (!stream) return invalid_handle;
  if (stream->legacy) return capture_unsupported;
  if (stream->capture || mode < 0 || mode > 2) return invalid_value;
  stream->capture = std::make_shared<Capture>();
  stream->capture->origin = stream;
  stream->capture->mode = mode;
  stream->capture->thread = this_thread();
  driver.captures.insert(stream->capture.get());
  return success;
}

API cuStreamIsCapturing(void* handle, int* status) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  Stream* stream = driver.stream(handle);
  if (!stream) return invalid_handle;
  *status = !stream->capture ? 0 : stream->capture->invalid ? 2 : 1;
  return success;
}

API cuStreamEndCapture(void* handle, void** graph_handle) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  Stream* stream = driver.stream(handle);
  if (!stream) return invalid_handle;
  std::shared_ptr<Capture> capture = stream->capture;
  *graph_handle = nullptr;
  if (!capture) return invalid_value;
  if (capture->origin != stream) return spoil(*capture, capture_unmatched);
  if (capture->mode != 2 && capture->thread != this_thread()) return capture_wrong_thread;
  int error = capture->invalid;
  if (!error && unjoined(*capture)) error = capture_unjoined;
  end_capture(*capture);
  stream->capture.reset();
  if (error) {
    capture->invalid = error;
    return error;
  }
  Graph* graph = driver.graphs.create();
  graph->nodes = std::move(capture->graph.nodes);
  *graph_handle = graph;
  return success;
}

API cuGraphGetNodes(void* handle, void** nodes, size_t* count) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  Graph* graph = driver.graphs.find(handle);
  if (!graph) return invalid_handle;
  size_t room = nodes ? *count : 0;
  *count = graph->nodes.size();
  for (size_t i = 0; i < room; i++) nodes[i] = i < *count ? &graph->nodes[i] : nullptr;
  return success;
}

API cuGraphDestroy(void* handle) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  return driver.graphs.destroy(handle) ? success : invalid_handle;
}

API cuGraphInstantiateWithFlags(void** handle, void* graph_handle, unsigned long long) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  Graph* graph = driver.graphs.find(graph_handle);
  if (!graph) return invalid_handle;
  Executable* executable = driver.executables.create();
  executable->graph = *graph;
  *handle = executable;
  return success;
}

API cuGraphExecDestroy(void* handle) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  return driver.executables.destroy(handle) ? success : invalid_handle;
}

API cuGraphUpload(void* handle, void* stream) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  return driver.executables.find(handle) && driver.stream(stream) ? success : invalid_handle;
}

API cuGraphLaunch(void* handle, void* stream_handle) {
  Call call(__func__, Call::context);
  if (call.error) return call.error;
  Executable* executable = driver.executables.find(handle);
  Stream* stream = driver.stream(stream_handle);
  if (!executable || !stream) return invalid_handle;
  if (stream->capture) return spoil(*stream->capture, capture_unsupported);  // of graphs: not here
  if (stream->legacy && capture_hides_legacy()) return capture_implicit;
  std::vector<Device::Ticket> before = before_next(*stream);
  before.push_back(executable->last);
  Device::Ticket start = device.submit(nothing(), before);
  std::vector<Device::Ticket> tickets;
  for (const Graph::Node& node : executable->graph.nodes) {
    std::vector<Device::Ticket> after = {start};
    for (int i : node.after) after.push_back(tickets[static_cast<size_t>(i)]);
    tickets.push_back(device.submit(node.work, after));
  }
  tickets.push_back(start);
  stream->last = executable->last = device.submit(nothing(), tickets);
  driver.graph_launches++;
  return success;
}
