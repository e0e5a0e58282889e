// What the files of H2Session share: nghttp2's session and its callbacks.
#pragma once

#include <nghttp2/nghttp2.h>

#include "io/http/h2_session.h"

namespace argosy {

struct H2Session::Native {
  nghttp2_session* session = nullptr;
  std::vector<nghttp2_nv> fields;

  // In nghttp2's form; good until the next call.
  std::span<const nghttp2_nv> to_native(std::span<const HeaderView> headers);
  ~Native() { nghttp2_session_del(session); }
};

// Called by nghttp2 from inside mem_recv and mem_send; they may submit frames, but not
// receive or send.
struct H2Session::Callbacks {
  static H2Session& self(void* user) { return *static_cast<H2Session*>(user); }

  static int begin_headers(nghttp2_session*, const nghttp2_frame*, void* user);
  static int header(nghttp2_session*, const nghttp2_frame*, const uint8_t* name, size_t name_size,
                    const uint8_t* value, size_t value_size, uint8_t, void* user);
  static int frame_recv(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static int data(nghttp2_session*, uint8_t, int32_t id, const uint8_t* bytes, size_t size,
                  void* user);
  static int stream_close(nghttp2_session*, int32_t id, uint32_t error_code, void* user);
  static int frame_send(nghttp2_session*, const nghttp2_frame* frame, void* user);
  static ssize_t read(nghttp2_session*, int32_t, uint8_t* to, size_t size, uint32_t* flags,
                      nghttp2_data_source* source, void* user);

  static const nghttp2_session_callbacks* table();

 private:
  static void on_headers_frame(H2Session& session, const nghttp2_frame& frame);
  static void end_remote(H2Stream& stream);
  static void refuse(H2Session& session, int32_t id);
};

// The payload of the ping that follows a server's announcement to go away.
inline constexpr char kGoodbyePing[9] = "goodbye!";

}  // namespace argosy
