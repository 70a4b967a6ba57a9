<?php
/**
 * A comment is sent to the service, and what came of it is written down.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

/**
 * Send a comment to the service.
 *
 * @param string               $remote_id The service's id of it.
 * @param array<string, mixed> $comment   As WordPress stores it, without slashes.
 * @param float                $timeout   In seconds.
 * @return Answer Done only if it holds a verdict.
 */
function submit( $remote_id, array $comment, $timeout ) {
	$body   = describe( $remote_id, $comment );
	$answer = call( 'POST', '/v1/comments', $body, $timeout );
	if ( ! $answer->is_done() ) {
		return $answer;
	}
	if ( ! isset( $answer->document['state'], $answer->document['version'], STATUS_OF[ $answer->document['state'] ] ) ) {
		return new Answer( 0, array(), __( 'What answers there is not the moderation service.', 'moderation-service' ) );
	}
	article_was_sent( $body );
	return $answer;
}

/**
 * Write down what came of submitting a new comment or text.
 *
 * @param string $remote_id    The service's id of it.
 * @param Answer $answer       What came back.
 * @param bool   $is_held_here Whether WordPress's own rules hold what was published.
 */
function take_answer( $remote_id, Answer $answer, $is_held_here ) {
	$record = record( $remote_id );
	if ( $answer->is_done() ) {
		keep_verdict( $record, $answer->document, true );
		if ( $is_held_here ) {
			tell_later( $remote_id, hold_by_own_rules() );
		} elseif ( is_unscored( $answer->document ) ) {
			tell_later( $remote_id, array( 'todo_submit' => 1 ), MINUTE_IN_SECONDS );
		}
	} elseif ( $answer->is_refused() ) {
		note_refusal( $remote_id, $answer );
	} else {
		tell_later(
			$remote_id,
			array(
				'todo_submit' => 1,
				'trouble'     => mb_substr( $answer->message, 0, 500 ),
			),
			MINUTE_IN_SECONDS
		);
	}
}

/**
 * Whether the service stored a comment that it could not score; sent again, it is scored then.
 *
 * @param array<string, mixed> $verdict An answer of the API.
 * @return bool
 */
function is_unscored( array $verdict ) {
	$codes = isset( $verdict['reasons'] ) ? wp_list_pluck( $verdict['reasons'], 'code' ) : array();
	return in_array( 'not_scored', $codes, true );
}

/**
 * The service will never take this text: a person here has to decide, and sees why.
 *
 * @param string $remote_id The service's id of it.
 * @param Answer $answer    The refusal.
 */
function note_refusal( $remote_id, Answer $answer ) {
	global $wpdb;
	$is_long = 'text-too-long' === $answer->code() || 413 === $answer->status;
	$reason  = array(
		'code'    => $answer->code(),
		'message' => $is_long ? __( 'Too long for the service to read: a person has to.', 'moderation-service' ) : $answer->message,
	);
	// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- a table of our own.
	$wpdb->update( table(), array( 'verdict' => wp_json_encode( array( 'reasons' => array( $reason ) ) ) ), array( 'remote_id' => $remote_id ) );
}
