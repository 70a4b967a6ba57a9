<?php
/**
 * Calls to the service, and what an answer means for what was asked.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

const PATIENCE = 10.0; // Seconds, where nobody waits for a page.
const PROBLEM  = 'urn:moderation:problem:'; // How the service, and nothing else, begins the type of a problem.

/**
 * What came back. `status` is 0 when nothing did; `message` says in words what is wrong.
 */
final class Answer {

	/**
	 * The status of HTTP, or 0.
	 *
	 * @var int
	 */
	public $status;

	/**
	 * The document.
	 *
	 * @var array<string, mixed>
	 */
	public $document;

	/**
	 * What is wrong, in words.
	 *
	 * @var string
	 */
	public $message;

	/**
	 * The whole answer.
	 *
	 * @param int                  $status   The status of HTTP, or 0.
	 * @param array<string, mixed> $document The document, empty if it was none.
	 * @param string               $message  What is wrong, in words.
	 */
	public function __construct( $status, array $document, $message ) {
		$this->status   = $status;
		$this->document = $document;
		$this->message  = $message;
	}

	/**
	 * Whether the service did what it was asked to.
	 *
	 * @return bool
	 */
	public function is_done() {
		return $this->status >= 200 && $this->status < 300;
	}

	/**
	 * Whether asking again, unchanged, can never help. That the service does not know its own name, or that
	 * something in between does not pass a request on, can be mended; that a body is too large cannot.
	 *
	 * @return bool
	 */
	public function is_refused() {
		return 413 === $this->status
			|| in_array( $this->status, array( 400, 422 ), true ) && ! in_array( $this->code(), array( '', 'host-not-trusted' ), true );
	}

	/**
	 * The stable code of a problem, such as `text-too-long`.
	 *
	 * @return string
	 */
	public function code() {
		$type = isset( $this->document['type'] ) ? (string) $this->document['type'] : '';
		return 0 === strpos( $type, PROBLEM ) ? substr( $type, strlen( PROBLEM ) ) : '';
	}
}

/**
 * Ask the service. Redirections are not followed: a key goes nowhere but to the address that was set.
 *
 * @param string                    $method  Such as `POST`.
 * @param string                    $path    Such as `/v1/comments`, percent-encoded.
 * @param array<string, mixed>|null $body    What to send as JSON.
 * @param float                     $timeout In seconds.
 * @param array<string, string>     $headers Instead of the key.
 * @return Answer
 */
function call( $method, $path, $body = null, $timeout = PATIENCE, $headers = array() ) {
	if ( ! $headers ) {
		$headers = array( 'authorization' => 'Bearer ' . setting( 'key' ) );
	}
	$request = array(
		'method'              => $method,
		'timeout'             => $timeout,
		'redirection'         => 0,
		'limit_response_size' => 4 * MB_IN_BYTES,
		'user-agent'          => 'moderation-service-wordpress/' . VERSION,
		'headers'             => $headers,
	);
	if ( null !== $body ) {
		$request['headers']['content-type'] = 'application/json';
		$request['body']                    = wp_json_encode( $body, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE );
	}
	$response = wp_remote_request( setting( 'address' ) . $path, $request );
	if ( is_wp_error( $response ) ) {
		return new Answer( 0, array(), $response->get_error_message() );
	}
	$status   = (int) wp_remote_retrieve_response_code( $response );
	$document = json_decode( wp_remote_retrieve_body( $response ), true );
	$document = is_array( $document ) ? $document : array();
	if ( $status >= 300 && $status < 400 ) {
		/* translators: %s: an address. */
		$message = sprintf( __( 'This address leads on to %s. If the service is there, enter that one: a key is not sent on.', 'moderation-service' ), where_to( $response, $path ) );
	} elseif ( isset( $document['detail'] ) ) {
		$message = (string) $document['detail'];
	} else {
		/* translators: %d: a status of HTTP, such as 502. */
		$message = sprintf( __( 'The answer was status %d.', 'moderation-service' ), $status );
	}
	return new Answer( $status, $document, $message );
}

/**
 * Where an answer leads on to, as it would be entered as the service's address.
 *
 * @param array<string, mixed> $response From WordPress.
 * @param string               $path     What was asked for.
 * @return string
 */
function where_to( $response, $path ) {
	return untrailingslashit( str_replace( $path, '', (string) wp_remote_retrieve_header( $response, 'location' ) ) );
}

/**
 * The path of one comment at the service.
 *
 * @param string $remote_id The service's id of it.
 * @param string $action    Such as `/decision`.
 * @return string
 */
function comment_path( $remote_id, $action = '' ) {
	return '/v1/comments/' . rawurlencode( $remote_id ) . $action;
}

/**
 * The bytes of a webhook secret; empty when it is none.
 *
 * @param string $secret `whsec_` and base64.
 * @return string
 */
function secret_bytes( $secret ) {
	if ( 0 !== strpos( $secret, 'whsec_' ) ) {
		return '';
	}
	// phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions.obfuscation_base64_decode -- Standard Webhooks writes keys so.
	return (string) base64_decode( substr( $secret, 6 ), true );
}

/**
 * A signature as Standard Webhooks has it.
 *
 * @param string $secret    `whsec_` and base64.
 * @param string $id        The header `webhook-id`.
 * @param string $timestamp The header `webhook-timestamp`.
 * @param string $body      As it is on the wire.
 * @return string
 */
function signature( $secret, $id, $timestamp, $body ) {
	// phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions.obfuscation_base64_encode -- Standard Webhooks writes signatures so.
	return 'v1,' . base64_encode( hash_hmac( 'sha256', "$id.$timestamp.$body", secret_bytes( $secret ), true ) );
}
