<?php
/**
 * What the service has yet to hear is sent, and sent again until it was taken.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

// phpcs:disable WordPress.DB.DirectDatabaseQuery -- a table of our own, whose rows are changed by conditional updates.
// phpcs:disable WordPress.DB.PreparedSQL.NotPrepared -- the table's name is ours.

const CLAIM_S = 60;
const WAITS_S = array( 60, 120, 300, 900, 1800, 3600 );

/**
 * Send what is due, oldest first, for so many seconds. The first that fails for want of a service ends the round.
 *
 * @param float $seconds How long.
 * @return bool Whether all that was due is sent.
 */
function send_due( $seconds ) {
	global $wpdb;
	$until   = microtime( true ) + $seconds;
	$is_back = false;
	while ( is_ready() ) {
		$ids = $wpdb->get_col( $wpdb->prepare( 'SELECT remote_id FROM ' . table() . ' WHERE due_at <= %d AND claimed_until <= %d ORDER BY due_at, remote_id LIMIT 50', time(), time() ) );
		if ( ! $ids ) {
			return true;
		}
		foreach ( $ids as $remote_id ) {
			if ( microtime( true ) > $until || ! send_one( $remote_id ) ) {
				return false;
			}
			if ( ! $is_back ) {
				$is_back = true;
				all_due_now();
			}
		}
	}
	return false;
}

/**
 * Tell the service what it has yet to hear of one comment.
 *
 * @param string $remote_id The service's id of it.
 * @return bool False when the service could not be asked at all.
 */
function send_one( $remote_id ) {
	global $wpdb;
	$now     = time();
	$claimed = $wpdb->query( $wpdb->prepare( 'UPDATE ' . table() . ' SET claimed_until = %d WHERE remote_id = %s AND claimed_until <= %d AND due_at IS NOT NULL', $now + CLAIM_S, $remote_id, $now ) );
	if ( ! $claimed ) {
		return true; // Somebody else has it.
	}
	$record = record( $remote_id );
	$answer = tell( $record );
	if ( $answer->is_done() ) {
		settle( $record );
		return true;
	}
	put_off( $record, $answer );
	return 425 === $answer->status || 'not-found' === $answer->code(); // These are about one comment alone.
}

/**
 * Make the calls that a record asks for.
 *
 * @param object $record The comment's record.
 * @return Answer Done when all of them are.
 */
function tell( $record ) {
	$done = new Answer( 200, array(), '' );
	if ( $record->todo_erase ) {
		$answer = call( 'DELETE', comment_path( $record->remote_id ) );
		return 'not-found' === $answer->code() ? $done : $answer;
	}
	$comment = get_comment( (int) $record->comment_id );
	if ( ! $comment ) {
		return $done;
	}
	if ( $record->todo_submit ) {
		$answer = submit( $record->remote_id, $comment->to_array(), PATIENCE );
		if ( $answer->is_refused() ) {
			note_refusal( $record->remote_id, $answer );
			return $done; // A person here decides on it; the service never will.
		}
		if ( ! $answer->is_done() ) {
			return $answer;
		}
		take_verdict( $record->remote_id, $answer->document );
		if ( is_unscored( $answer->document ) && '' === $record->todo_decision ) {
			return new Answer( 425, array(), __( 'The service has it, and could not score it yet.', 'moderation-service' ) );
		}
	}
	return '' === $record->todo_decision ? $done : tell_decision( $record );
}

/**
 * Tell a decision.
 *
 * @param object $record The comment's record.
 * @return Answer
 */
function tell_decision( $record ) {
	$body   = array(
		'decision' => $record->todo_decision,
		'reason'   => $record->note,
	);
	$answer = call( 'POST', comment_path( $record->remote_id, '/decision' ), $body );
	if ( $answer->is_done() && isset( $answer->document['version'] ) ) {
		take_verdict( $record->remote_id, array( 'note' => $record->note ) + $answer->document );
	} elseif ( 'not-found' === $answer->code() ) {
		tell_later( $record->remote_id, array( 'todo_submit' => 1 ) ); // The service was set back: it reads it anew.
	} elseif ( 'illegal-transition' === $answer->code() || $answer->is_refused() ) {
		return new Answer( 200, array(), '' ); // It is erased there, or never takes this: nothing is left to tell.
	}
	return $answer;
}

/**
 * The service has heard what the record held; what was added meanwhile stays due.
 *
 * @param object $record As it was when the calls began.
 */
function settle( $record ) {
	global $wpdb;
	if ( $record->todo_erase ) {
		if ( ERASED === $record->state ) {
			$wpdb->query( $wpdb->prepare( 'UPDATE ' . table() . " SET todo_erase = 0, due_at = NULL, claimed_until = 0, trouble = '' WHERE remote_id = %s", $record->remote_id ) );
		} else {
			drop_record( $record->remote_id );
		}
		return;
	}
	$wpdb->query(
		$wpdb->prepare(
			'UPDATE ' . table() . " SET todo_submit = 0, todo_decision = '', note = '', due_at = NULL, tries = 0, trouble = '' WHERE remote_id = %s AND changes = %d",
			$record->remote_id,
			$record->changes
		)
	);
	$wpdb->query( $wpdb->prepare( 'UPDATE ' . table() . ' SET claimed_until = 0 WHERE remote_id = %s', $record->remote_id ) );
}

/**
 * Try again later, and say why.
 *
 * @param object $record The comment's record.
 * @param Answer $answer What came back.
 */
function put_off( $record, Answer $answer ) {
	global $wpdb;
	$wait = WAITS_S[ min( (int) $record->tries, count( WAITS_S ) - 1 ) ];
	$wpdb->query(
		$wpdb->prepare(
			'UPDATE ' . table() . ' SET tries = tries + 1, due_at = %d, claimed_until = 0, trouble = %s WHERE remote_id = %s',
			time() + $wait,
			mb_substr( $answer->message, 0, 500 ),
			$record->remote_id
		)
	);
}

/**
 * The service is back: what waits because it was away need wait no longer.
 */
function all_due_now() {
	global $wpdb;
	$wpdb->query( $wpdb->prepare( 'UPDATE ' . table() . " SET due_at = %d WHERE due_at > %d AND trouble <> ''", time(), time() ) );
}

/**
 * Forget a comment altogether.
 *
 * @param string $remote_id The service's id of it.
 */
function drop_record( $remote_id ) {
	global $wpdb;
	$wpdb->delete( table(), array( 'remote_id' => $remote_id ) );
}
