#include <openssl/err.h>

#include "base/format.h"
#include "io/tls/context.h"

namespace argosy {
namespace {

// OpenSSL works on memory here: what arrives is put into `in_`, what it wants to send
// is taken from `out_`.
class TlsStream final : public Stream, private Stream::Reader {
 public:
  TlsStream(Loop& loop, SSL* ssl, std::unique_ptr<Stream> inner)
      : loop_(loop), ssl_(ssl, SSL_free), inner_(std::move(inner)), settled_(loop) {
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, in_, out_);
  }

  // Until the handshake is over, or has failed.
  Task<void> handshake() {
    inner_->start(*this);
    advance_handshake();
    co_await co_await settled_.wait();
  }
  SSL* ssl() const { return ssl_.get(); }
  void set_peer(TlsPeer peer) { peer_ = std::move(peer); }

  void start(Reader& reader) override {
    reader_ = &reader;
    // What came with the end of the handshake waits inside OpenSSL, and perhaps its end.
    loop_.schedule(deliver_);
  }
  void pause_reading(bool paused) override {
    paused_ = paused;
    inner_->pause_reading(paused);
    if (!paused) loop_.schedule(deliver_);
  }
  void write(BytesView bytes) override {
    if (broken_) return;
    plain_ += bytes;
    loop_.at_turn_end(seal_);
  }
  size_t backlog() const override { return plain_.size() + inner_->backlog(); }
  void finish() override {
    seal();
    SSL_shutdown(ssl_.get());
    send_sealed();
    inner_->finish();
  }
  const std::string& peer_address() const override { return inner_->peer_address(); }
  const TlsPeer* tls() const override { return &peer_; }

 private:
  void on_bytes(BytesView bytes) override {
    BIO_write(in_, bytes.data(), static_cast<int>(bytes.size()));
    if (!settled_.is_set()) return advance_handshake();
    deliver();
  }

  void on_end(std::optional<Error> error) override {
    if (!settled_.is_set()) {
      return settled_.set(fail(error ? *std::move(error) : Error(Code::kUnavailable, "EOF")));
    }
    if (error) broken_ = true;
    end(std::move(error));
    deliver();
  }
  void on_drained() override {
    if (reader_ != nullptr) reader_->on_drained();
  }

  void advance_handshake() {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_.get());
    send_sealed();
    if (done == 1) return settled_.set({});
    const int why = SSL_get_error(ssl_.get(), done);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return;
    settled_.set(fail(Code::kUnavailable, format("tls: {}", handshake_error())));
  }

  std::string handshake_error() {
    const long verify = SSL_get_verify_result(ssl_.get());
    if (verify != X509_V_OK) {
      ERR_clear_error();
      return format("failed to verify certificate: {}", X509_verify_cert_error_string(verify));
    }
    return take_openssl_error();
  }

  // The first word on why nothing more comes is the one that counts.
  void end(std::optional<Error> error) {
    if (!end_) end_.emplace(std::move(error));
  }

  void deliver() {
    if (reader_ == nullptr) return;
    read_plain();
    send_sealed();
    if (!end_ || paused_ || std::exchange(end_told_, true)) return;
    reader_->on_end(std::move(*end_));
  }

  void read_plain() {
    char buffer[16 * 1024];
    while (!paused_ && !read_all_) {
      ERR_clear_error();
      const int count = SSL_read(ssl_.get(), buffer, sizeof buffer);
      if (count > 0) {
        reader_->on_bytes(BytesView(buffer, static_cast<size_t>(count)));
        continue;
      }
      const int why = SSL_get_error(ssl_.get(), count);
      if (why == SSL_ERROR_WANT_READ) break;
      read_all_ = true;
      if (why == SSL_ERROR_ZERO_RETURN) return end(std::nullopt);
      broken_ = true;
      end(Error(Code::kUnavailable, "tls: " + take_openssl_error()));
    }
  }

  void seal() {
    ERR_clear_error();
    size_t done = 0;
    while (done < plain_.size()) {
      const size_t piece = std::min<size_t>(plain_.size() - done, 1 << 20);
      const int count = SSL_write(ssl_.get(), plain_.data() + done, static_cast<int>(piece));
      if (count <= 0) break;
      done += static_cast<size_t>(count);
    }
    plain_.erase(0, done);
    send_sealed();
  }

  void send_sealed() {
    char* data = nullptr;
    const long size = BIO_get_mem_data(out_, &data);
    if (size <= 0) return;
    inner_->write(BytesView(data, static_cast<size_t>(size)));
    (void)BIO_reset(out_);
  }

  class Call final : public Runnable {
   public:
    Call(TlsStream& stream, void (TlsStream::*what)()) : stream_(stream), what_(what) {}
    void run() override { (stream_.*what_)(); }

   private:
    TlsStream& stream_;
    void (TlsStream::*what_)();
  };

  Loop& loop_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  BIO* in_ = nullptr;   // owned by ssl_
  BIO* out_ = nullptr;  // owned by ssl_
  std::unique_ptr<Stream> inner_;
  Reader* reader_ = nullptr;
  TlsPeer peer_;
  Bytes plain_;
  bool paused_ = false;
  bool broken_ = false;    // nothing can be sent
  bool read_all_ = false;  // OpenSSL gives no more
  bool end_told_ = false;
  std::optional<std::optional<Error>> end_;  // why nothing more comes
  Eventual<void> settled_;
  Call seal_{*this, &TlsStream::seal};
  Call deliver_{*this, &TlsStream::deliver};
};

void expect_name(SSL* ssl, const std::string& name) {
  if (name.empty()) return;
  if (is_address(name)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str());
  } else {
    // As Go: the common name is no host's name.
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    SSL_set_tlsext_host_name(ssl, name.c_str());
    SSL_set1_host(ssl, name.c_str());
  }
}

}  // namespace

Task<std::unique_ptr<Stream>> TlsContext::handshake(Loop& loop, std::unique_ptr<Stream> stream,
                                                    std::string server_name) {
  impl_->refresh();
  SSL* ssl = SSL_new(impl_->context.get());
  if (impl_->is_server) {
    SSL_set_accept_state(ssl);
  } else {
    SSL_set_connect_state(ssl);
    expect_name(ssl, server_name);
  }
  auto secure = std::make_unique<TlsStream>(loop, ssl, std::move(stream));
  co_await secure->handshake();
  secure->set_peer(co_await impl_->inspect(ssl));
  co_return std::move(secure);
}

}  // namespace argosy
